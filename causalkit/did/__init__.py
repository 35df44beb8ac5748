"""Difference-in-differences: from the two differences to staggered roll-outs."""

__all__: list[str] = []
