"""The command line: ``causalkit demo``, ``causalkit datasets``, ``causalkit run analysis.toml``."""

from causalkit._cli._main import main

__all__ = ["main"]
