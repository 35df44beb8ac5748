"""Simpson's paradox: why an effect in the total differs from the effect within groups."""
