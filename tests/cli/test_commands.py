"""The other commands, and the program as a process."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

import causalkit
from causalkit import datasets
from causalkit._cli import main
from tests.source import ROOT


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "causalkit", *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_all_datasets_are_listed_with_what_they_are(capsys):
    assert main(["datasets"]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line and not line.startswith(" ")] == list(datasets.names())
    assert max(map(len, out.splitlines())) <= 80
    assert "Berkeley" in out


def test_a_dataset_is_described(capsys):
    assert main(["datasets", "titanic"]) == 0
    assert capsys.readouterr().out == datasets.describe("titanic")


def test_a_dataset_is_written_as_csv(tmp_path, capsys):
    target = tmp_path / "users.csv"
    assert main(["datasets", "service_gmv", "--csv", str(target)]) == 0
    pd.testing.assert_frame_equal(pd.read_csv(target), datasets.load("service_gmv"))
    assert main(["datasets", "service_gmv", "--csv", "-"]) == 0
    assert capsys.readouterr().out == target.read_text(encoding="utf-8")


def test_a_misspelt_dataset_is_answered_with_the_nearest_one(capsys):
    assert main(["datasets", "titani"]) == 2
    assert "Did you mean 'titanic'?" in capsys.readouterr().err


def test_csv_of_no_dataset_is_refused(capsys):
    assert main(["datasets", "--csv", "-"]) == 2
    assert "needs the name of a dataset" in capsys.readouterr().err


@pytest.mark.slow
def test_the_demonstration_writes_its_report(tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "report.html").is_file()
    assert "Ship" in capsys.readouterr().out


def test_the_program_says_its_version():
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"causalkit {causalkit.__version__}\n")


@pytest.mark.parametrize("arguments", [[], ["rnu"], ["run"], ["run", "a.toml", "--levl", "0.9"]])
def test_a_wrong_command_ends_with_status_two(arguments):
    done = process(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "usage: causalkit" in done.stderr


def test_asking_for_help_loads_no_library():
    script = (
        "import sys\nfrom causalkit._cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print(sorted({'numpy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.endswith("[]\n")


def test_output_that_nobody_reads_to_its_end_is_no_error():
    command = [sys.executable, "-m", "causalkit", "datasets", "service_gmv", "--csv", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as program:
        assert program.stdout.readline().startswith(b"user_id,")
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode == 0
