"""``python -m causalkit``: the command line."""

from __future__ import annotations

from causalkit._cli import main

if __name__ == "__main__":
    raise SystemExit(main())
