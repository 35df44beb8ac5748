"""The commands, their arguments, and what the process returns."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from causalkit import __version__
from causalkit._cli._problem import AnalysisFileError, LocatedError
from causalkit._language import LANGUAGES
from causalkit.errors import CausalkitError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

OK: Final = 0
# A value in the data, a question that they cannot answer, a file that cannot be written.
FAILED: Final = 1
# The command, the analysis file, or an option in it.
USAGE: Final = 2

_EPILOG: Final = """\
an analysis file:
  data = "users.csv"            # or .tsv, .parquet; or: dataset = "service_gmv"
  method = "simpson.diagnose"   # namespace.function, as in Python

  [roles]                       # columns of the data, by the part they play
  outcome = "gmv"
  treatment = "used_service"
  by = "activity"

  [options]                     # everything else that the function takes
  standard = "treated"

  [decide]                      # optional: from the effect to a decision
  value_per_unit = 0.2
  unit_cost = 60.0

exit status: 0 done; 1 the data or the design do not allow it; 2 the command or the file is wrong
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name; that of the process if not given.

    Returns
    -------
    int
        The exit status: 0 if all went well, 1 if the data or the design do not allow it or a file cannot be written,
        2 if the command, the analysis file or an option in it is wrong.
    """
    parsed = _parser().parse_args(arguments)
    try:
        parsed.command(parsed)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing is left to be written when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except CausalkitError as error:
        says_where = isinstance(error, AnalysisFileError | LocatedError)
        sys.stderr.write(f"{error}\n" if says_where else f"causalkit: error: {error}\n")
        return USAGE if isinstance(error, OptionError) or isinstance(error.__cause__, OptionError) else FAILED
    except OSError as error:
        sys.stderr.write(f"causalkit: error: {error.filename}: {error.strerror}\n")
        return FAILED
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="causalkit", description="Causal analysis for product decisions.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"causalkit {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")

    demo = commands.add_parser("demo", help="the worked example: summary, report, pictures")
    demo.add_argument("--out", type=Path, default=Path("build/demo"), help="folder for the report and the pictures")
    demo.set_defaults(command=_demo)

    data = commands.add_parser("datasets", help="list the datasets, describe one, or write it as CSV")
    data.add_argument("name", nargs="?", help="the dataset to describe; all are listed without one")
    data.add_argument("--csv", metavar="FILE", help="write its rows there, '-' for standard output")
    data.set_defaults(command=_datasets)

    run = commands.add_parser(
        "run",
        help="run an analysis file",
        description="Run an analysis file and print the summary; warnings go to standard error.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    run.add_argument("file", help="the analysis, a TOML file; paths in it start from its own folder")
    run.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="write JSON there; in place of the summary without FILE"
    )
    run.add_argument("--html", metavar="FILE", help="write a report there: one HTML file that needs nothing else")
    run.add_argument("--level", type=float, help="coverage of the intervals, in place of the file's")
    run.add_argument("--lang", choices=LANGUAGES, help="language of the fixed wording, in place of the file's")
    run.set_defaults(command=_run)
    return parser


def _demo(parsed: argparse.Namespace) -> None:
    from causalkit._demo import main as demo

    demo(["--out", str(parsed.out)])


def _datasets(parsed: argparse.Namespace) -> None:
    from causalkit._cli._datasets import show

    if parsed.csv is not None and parsed.name is None:
        raise OptionError("--csv needs the name of a dataset: causalkit datasets NAME --csv FILE.")
    show(parsed)


def _run(parsed: argparse.Namespace) -> None:
    from causalkit._cli._run import run

    run(parsed)
