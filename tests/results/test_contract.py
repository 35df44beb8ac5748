"""The contract itself: a sound result keeps it, and for each clause there is one that breaks it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure

from causalkit.results import Check, Checks, Effect, Effects, Interval, Record, Sample
from tests.contract import CLAUSES, check_contract
from tests.results.toy import CHECKS, ToyResult, toy_result

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class Crossed(Record):
    """An uncertainty whose intervals get narrower with the level, and whose p-value belongs to no interval."""

    def conf_int(self, level: float) -> Interval:
        return Interval(level, 2.0)

    def p_value(self, null: float) -> float:
        return 0.5 + null


def checks_with(**changes: Any) -> Checks:
    given = {
        "name": "overlap",
        "question": "Is there overlap?",
        "verdict": "supported",
        "reading": "No evidence against it.",
    }
    return Checks((Check(**{**given, **changes}),))


class Wide(ToyResult):
    def summary(self, level: float = 0.95) -> str:
        return super().summary(level) + "x" * 81


class OtherColumns(ToyResult):
    def to_frame(self, level: float = 0.95) -> Any:
        return super().to_frame(level).rename(columns={"std_error": "se"})


class OtherBackend(ToyResult):
    def to_frame(self, level: float = 0.95) -> Any:
        import polars as pl

        return pl.DataFrame(super().to_frame(level))


class Forgetful(ToyResult):
    def to_json(self) -> str:
        return toy_result(method="another").to_json()


class NotItself(ToyResult):
    def __reduce__(self) -> tuple[Any, ...]:
        return toy_result, ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Writable(ToyResult):
    extra: Any = None


class Raw(ToyResult):
    def _repr_html_(self) -> str:
        return super()._repr_html_() + f"<img src=x onerror={self.outcome}>"


class Unclosed(ToyResult):
    def _repr_html_(self) -> str:
        return super()._repr_html_() + "<div><p></div>"


class RawLatex(ToyResult):
    def to_latex(self, level: float = 0.95) -> str:
        return super().to_latex(level).replace(r"\toprule", r"\toprule {")


class AnyLevel(ToyResult):
    def conf_int(self, level: float = 0.95) -> Any:
        return super().conf_int(min(level, 0.95))


class OneColumnFace(ToyResult):
    def cov_params(self) -> Any:
        return super().cov_params().iloc[:2, :2]


class OtherAxes(ToyResult):
    def plot(self, *, ax: Any = None) -> Any:
        super().plot(ax=ax)
        return Figure().subplots()


class OwnStyle(ToyResult):
    def plot(self, *, ax: Any = None) -> Any:
        rcParams["lines.linewidth"] = 7.0
        return super().plot(ax=ax)


class Calls(ToyResult):
    def report(self, path: Any, *, level: float = 0.95) -> Path:
        target = super().report(path, level=level)
        target.write_text(target.read_text().replace("<main>", '<main><img src="https://example.org/x.png">'))
        return target


class Dated(ToyResult):
    def report(self, path: Any, *, level: float = 0.95) -> Path:
        target = super().report(path, level=level)
        target.write_text(target.read_text().replace("<main>", f"<main><p>{np.random.default_rng().random()}</p>"))
        return target


def of(cls: type[ToyResult], **more: Any) -> ToyResult:
    return cls(**{**toy_result().fields(), **more})


BROKEN = {
    "summary_fits": of(Wide),
    "frame_has_the_glossary_columns_in_the": of(OtherColumns),
    "frame_has_the_glossary_columns": of(OtherBackend),
    "json_reads_back": of(Forgetful),
    "copies_and_pickles": of(NotItself, method="another"),
    "nothing_can_be_changed": of(Writable, extra=np.zeros(2)),
    "nothing_can_be": of(Writable, extra=[1, 2]),
    "html_is_well_formed_and": of(Raw),
    "html_is_well_formed": of(Unclosed),
    "markdown_and_latex": of(RawLatex),
    "intervals_are_nested": toy_result(
        effect=Effect(estimand="ATE", estimate=2.0, std_error=0.5, uncertainty=Crossed())
    ),
    "small_p_value": toy_result(effect=Effect(estimand="ATE", estimate=2.0, std_error=0.5, uncertainty=Crossed())),
    "levels_like_95": of(AnyLevel),
    "checks_have_known_verdicts_and_honest_readings": toy_result(checks=checks_with(reading="The test passed.")),
    "checks_have_known_verdicts_and_honest": toy_result(checks=checks_with(reading="")),
    "checks_have_known_verdicts_and": toy_result(checks=Checks(CHECKS.checks + CHECKS.checks[:1])),
    "checks_have_known_verdicts": toy_result(checks=checks_with(question="Overlap")),
    "statsmodels_face": of(OneColumnFace),
    "plot_draws_on_the_axes_given_and": of(OtherAxes),
    "plot_draws_on_the_axes_given": of(OwnStyle),
    "report_is_one_file_that": of(Calls),
    "report_is_one_file": of(Dated),
}


def test_a_sound_result_keeps_every_promise():
    check_contract(
        toy_result(),
        make_at_4n=lambda: toy_result(sample=Sample(n_rows=400, n_used=400, n_treated=160, n_control=240)),
        markers=("31415.9265", "planted"),
    )


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_every_kind_of_frame_keeps_the_contract(backend):
    check_contract(toy_result(backend=backend))


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_found(promise):
    clause = next(each for each in CLAUSES if each.__name__.startswith(promise))
    with rc_context(), pytest.raises((AssertionError, pytest.fail.Exception)):
        clause(BROKEN[promise])


def test_every_clause_has_a_result_that_breaks_it():
    assert {each.__name__ for each in CLAUSES if any(each.__name__.startswith(promise) for promise in BROKEN)} == {
        each.__name__ for each in CLAUSES
    }


def test_the_failure_names_the_promise():
    with pytest.raises(AssertionError, match=r"^checks_have_known_verdicts_and_honest_readings: .*The test passed"):
        check_contract(toy_result(checks=checks_with(reading="The test passed.")))


def test_rows_inside_a_result_are_found_by_its_size():
    def with_rows(n: int) -> Writable:
        kept = Effects(dimension="row", labels=tuple(map(str, range(n))), estimates=np.arange(n), cov=np.eye(n))
        return of(Writable, sample=Sample(n_rows=n, n_used=n), extra=kept)

    with pytest.raises(AssertionError, match=r"size_does_not_depend_on_the_number_of_rows"):
        check_contract(with_rows(10), make_at_4n=lambda: with_rows(40))


@pytest.mark.parametrize("marker", ["planted", "31415.9265"])
@pytest.mark.parametrize("place", ["label", "number", "text"])
def test_a_planted_value_is_found(marker, place):
    number = float(marker) if marker != "planted" else math.pi
    result = {
        "label": of(Writable, extra=marker),
        "number": toy_result(options={"value": number}),
        "text": toy_result(warnings=(f"Row {marker} looks odd.",)),
    }[place]
    if marker == "planted" and place == "number":
        pytest.skip("not a number")
    with pytest.raises(AssertionError, match=r"no_value_of_a_row_is_kept"):
        check_contract(result, markers=[marker])
