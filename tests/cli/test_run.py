"""``causalkit run``: what it prints, writes and returns."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pandas as pd
import pytest

from causalkit import datasets, decide, matching, simpson, simulate
from causalkit._cli import main
from tests.cli.files import DECISION, SERVICE, written
from tests.source import ROOT


@pytest.fixture(scope="module")
def answer():
    return simpson.diagnose(datasets.load("service_gmv"), outcome="gmv", treatment="used_service", by="activity")


def test_the_summary_is_the_one_of_python(tmp_path, capsys, answer):
    assert main(["run", written(tmp_path)]) == 0
    assert capsys.readouterr() == (answer.summary(), "")


def test_the_level_of_the_command_is_taken_in_place_of_the_files(tmp_path, capsys, answer):
    main(["run", written(tmp_path, f"level = 0.8\n{SERVICE}")])
    assert capsys.readouterr().out == answer.summary(0.8)
    main(["run", written(tmp_path, f"level = 0.8\n{SERVICE}"), "--level", "0.9"])
    assert capsys.readouterr().out == answer.summary(0.9)


def test_the_language_is_the_files_or_the_commands(tmp_path, capsys, answer):
    main(["run", written(tmp_path, f'lang = "zh"\n{SERVICE}')])
    assert capsys.readouterr().out == answer.summary(lang="zh")
    main(["run", written(tmp_path), "--lang", "zh"])
    assert capsys.readouterr().out == answer.summary(lang="zh")
    assert main(["run", written(tmp_path, f'lang = "cn"\n{SERVICE}')]) == 2
    assert "1: error: lang must be one of 'en', 'zh'; got 'cn'." in capsys.readouterr().err


def test_a_decision_is_the_one_of_python(tmp_path, capsys, answer):
    assert main(["run", written(tmp_path, SERVICE + DECISION)]) == 0
    expected = decide(answer, value_per_unit=0.2, units=10_000, unit_cost=60.0)
    assert capsys.readouterr().out == expected.summary()


def test_json_takes_the_place_of_the_summary_or_goes_to_a_file(tmp_path, capsys, answer):
    assert main(["run", written(tmp_path), "--json"]) == 0
    assert simpson.SimpsonResult.from_json(capsys.readouterr().out) == answer
    assert main(["run", written(tmp_path), "--json", str(tmp_path / "r.json")]) == 0
    assert capsys.readouterr().out == answer.summary()
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("more", ["", DECISION])
def test_the_report_is_written(tmp_path, capsys, more):
    assert main(["run", written(tmp_path, SERVICE + more), "--html", str(tmp_path / "report.html")]) == 0
    assert "<!DOCTYPE html>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_a_data_file_is_found_beside_the_analysis_file(tmp_path, capsys, monkeypatch, ending):
    frame = simulate.observational(400, rng=1).data
    if ending == "parquet":
        frame.to_parquet(tmp_path / "users.parquet")
    else:
        frame.to_csv(tmp_path / f"users.{ending}", index=False, sep="," if ending == "csv" else "\t")
    monkeypatch.chdir("/")
    text = (
        f'data = "users.{ending}"\nmethod = "matching.estimate"\n[options]\ncaliper = 0.3\n'
        '[roles]\noutcome = "y"\ntreatment = "treated"\ncovariates = ["x1", "x2"]\n'
    )
    assert main(["run", written(tmp_path, text), "--json"]) == 0
    got = json.loads(capsys.readouterr().out)
    expected = matching.estimate(frame, outcome="y", treatment="treated", covariates=["x1", "x2"], caliper=0.3)
    assert got == json.loads(expected.to_json())


def test_warnings_go_to_standard_error(tmp_path, capsys):
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4, 5, 6], "d": [0, 1, 0, 1, 0, 1], "g": list("aaaabb")})
    frame.to_csv(tmp_path / "few.csv", index=False)
    text = 'data = "few.csv"\nmethod = "simpson.diagnose"\n[roles]\noutcome = "y"\ntreatment = "d"\nby = "g"\n'
    assert main(["run", written(tmp_path, text)]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("causalkit: warning: ")
    assert "warning:" not in out


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (('outcome = "gmv"', 'outcom = "gmv"'), 5, r"\[roles\] 'outcom' is no role of .* Did you mean 'outcome'\?"),
        (('outcome = "gmv"', ""), 4, r"\[roles\] simpson.diagnose needs 'outcome'\."),
        (('"gmv"', "3"), 5, r"\[roles\] outcome must be text; got 3\."),
        (("[roles]", "[role]"), 4, r"'role' is no key of an analysis file\. Did you mean 'roles'\?"),
        (("simpson.diagnose", "simpson.diagnos"), 2, r"Did you mean 'simpson.diagnose'\?"),
        (("simpson.diagnose", "os.system"), 2, r"'os.system' is not known"),
        (("service_gmv", "service"), 1, r"Did you mean 'service_gmv'\?"),
        (('dataset = "service_gmv"', ""), None, r"give data .* there is neither"),
        (('dataset = "service_gmv"', 'dataset = "titanic"\ndata = "a.csv"'), 1, r"both are there"),
        (('by = ["activity"]', 'standard = "treated"'), 7, r"'standard' belongs into \[options\]"),
        (("[roles]", 'outcome = "gmv"\n[roles]'), 4, r"'outcome' belongs into \[roles\]"),
        (('by = ["activity"]', "by = [1]"), 7, r"by must be text or a list of texts; got \[1\]"),
        (("[roles]", "level = 95\n[roles]"), 4, r"level=95 must lie strictly between 0 and 1\. Write 95 %"),
        (("[roles]", "= 3\n[roles]"), 4, r"not TOML"),
        (("[roles]", "level = 0.9\nlevel = 0.8\n[roles]"), 5, r"a key stands here for the second time"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path, capsys, change, line, says):
    path = written(tmp_path, SERVICE.replace(*change))
    assert main(["run", path]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert any(re.match(re.escape(f"{path}:{line}" if line else path) + ": error: ", each) for each in err.splitlines())
    assert re.search(says, err)


def test_all_mistakes_are_told_at_once(tmp_path, capsys):
    text = (SERVICE + DECISION).replace("outcome", "outcom").replace("10_000", '"many"') + "guardrails = 3\n"
    path = written(tmp_path, text)
    assert main(["run", path]) == 2
    lines = [int(each.removeprefix(f"{path}:").split(":")[0]) for each in capsys.readouterr().err.splitlines()]
    assert lines == [4, 5, 11, 13]


@pytest.mark.parametrize(
    ("change", "line", "status", "says"),
    [
        (('"gmv"', '"gmw"'), 5, 1, r"outcome='gmw' is not a column .* Did you mean 'gmv'\?"),
        (('"gmv"', '"region"'), 5, 1, r"region"),
        (('["activity"]', '["activity"]\n[options]\nstandard = "al"'), 9, 2, r"Did you mean 'all'\?"),
        (('dataset = "service_gmv"', 'data = "nowhere.csv"'), 1, 1, r"There is no data file '.*nowhere\.csv'"),
        (('dataset = "service_gmv"', 'data = "users.xlsx"'), 1, 2, r"'\.xlsx' is not known"),
    ],
)
def test_what_only_the_data_show_is_told_with_the_line_it_is_about(tmp_path, capsys, change, line, status, says):
    path = written(tmp_path, SERVICE.replace(*change))
    assert main(["run", path]) == status
    err = capsys.readouterr().err
    assert err.startswith(f"{path}:{line}: error: ")
    assert re.search(says, err)


def test_a_file_that_cannot_be_written_is_told(tmp_path, capsys):
    assert main(["run", written(tmp_path), "--html", str(tmp_path / "no" / "report.html")]) == 1
    assert re.search(r"error: .*report\.html: No such file", capsys.readouterr().err)


def test_a_file_that_is_not_there_is_told(tmp_path, capsys):
    assert main(["run", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: error: No such file" in capsys.readouterr().err


def test_the_example_of_the_page_and_of_the_help_run(tmp_path, capsys):
    page = (ROOT / "docs" / "how_to" / "command_line.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert main(["run", written(tmp_path, example)]) == 0
    assert "90%" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    shown = capsys.readouterr().out.partition("an analysis file:\n")[2].partition("exit status")[0]
    datasets.load("service_gmv").to_csv(tmp_path / "users.csv", index=False)
    assert main(["run", written(tmp_path, re.sub(r"^  ", "", shown, flags=re.MULTILINE))]) == 0
    capsys.readouterr()


def test_the_program_runs_twice_to_the_same_bytes(tmp_path):
    command = [sys.executable, "-m", "causalkit", "run", written(tmp_path, SERVICE + DECISION), "--json"]
    first, second = (subprocess.run(command, capture_output=True, cwd=ROOT, check=True) for _ in range(2))
    assert first.stdout == second.stdout
    assert first.stderr == b""
    assert json.loads(first.stdout)
