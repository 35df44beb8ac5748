"""What an estimator did in repeated samples with a known truth."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native

_MONTE_CARLO_LEVEL = 0.95
_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A kind of failure, or of warning, and how often it occurred.

    Attributes
    ----------
    kind : str
        Class of the exception or warning.
    count : int
        Replications in which it occurred.
    first : int
        Number of the first of them; ``Calibration.replay(first)`` gives its random numbers.
    message : str
        What it said there.
    """

    kind: str
    count: int
    first: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Bias, spread, standard errors and coverage of an estimator in repeated samples.

    All figures are over the replications that did not fail. "Error" means estimate minus truth, with the truth of the
    same replication (sample estimands such as the SATT vary from one to the next).

    Attributes
    ----------
    estimand : str
        What was to be estimated.
    n_sim, n_failed : int
        Replications run, and those among them in which the estimator raised or gave no finite estimate.
    truth : float
        True value, averaged over the replications.
    bias : float
        Mean error.
    bias_error : float
        Monte Carlo standard error of the bias.
    rmse : float
        Root mean squared error.
    sd : float
        Standard deviation of the error: what the standard error should be.
    mean_std_error : float
        Mean of the reported standard errors.
    level : float
        Level of the intervals.
    coverage : float
        Share of the intervals that contain the truth.
    coverage_low, coverage_high : float
        Wilson interval of the coverage, at 95 %.
    mean_length : float
        Mean length of the intervals; infinite if one is unbounded, NaN if a confidence set does not tell.
    n_unbounded : int
        Intervals of infinite length.
    failures, warnings : tuple of Incident
        What was raised and what was warned of, most frequent first.
    seed : int
        Entropy that the replications' random numbers come from.

    References
    ----------
    Morris, T. P., White, I. R. and Crowther, M. J. (2019). Using simulation studies to evaluate statistical methods.
    Statistics in Medicine 38(11), 2074-2102 (the figures and their Monte Carlo errors, table 6).
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
    American Statistical Association 22(158), 209-212.
    """

    estimand: str
    n_sim: int
    n_failed: int
    truth: float
    bias: float
    bias_error: float
    rmse: float
    sd: float
    mean_std_error: float
    level: float
    coverage: float
    coverage_low: float
    coverage_high: float
    mean_length: float
    n_unbounded: int
    failures: tuple[Incident, ...]
    warnings: tuple[Incident, ...]
    seed: int

    @property
    def std_error_ratio(self) -> float:
        """Mean standard error over the standard deviation of the error; 1 is right, below 1 is overconfident."""
        if self.sd > 0:
            return self.mean_std_error / self.sd
        return math.nan if self.mean_std_error == 0 else math.inf

    @property
    def std_error_ratio_error(self) -> float:
        """Monte Carlo standard error of the ratio, for normal errors: ratio / sqrt(2 (replications - 1))."""
        return self.std_error_ratio / math.sqrt(2 * (self.n_sim - self.n_failed - 1))

    def replay(self, replication: int) -> np.random.Generator:
        """Return the generator that the simulation of one replication was drawn with.

        Parameters
        ----------
        replication : int
            Number of the replication, from 0.

        Returns
        -------
        Generator
            Pass it to the function that generated the data, to see them again.

        Raises
        ------
        OptionError
            There was no such replication.
        """
        number = _validate.whole("replication", replication, most=self.n_sim - 1)
        return replication_rng(self.seed, number)

    def summary(self) -> str:
        """Return the figures as text of at most 80 columns, with a reading of each.

        Returns
        -------
        str
            Several lines.
        """
        used = self.n_sim - self.n_failed
        lines = [f"Calibration of the {self.estimand}: {_validate.counted(used, 'replication')}"]
        lines += [f"  {label:<21}{value:>13}  {reading}".rstrip() for label, value, reading in self._rows()]
        for heading, incidents in (("Failed", self.failures), ("Warned", self.warnings)):
            lines += [_incident_line(heading, each, self.n_sim) for each in incidents]
        return "\n".join(_clipped(line) for line in lines)

    def to_frame(self, *, backend: str = "pandas") -> Any:
        """Return the figures as a frame of one row, to be stacked with others.

        Parameters
        ----------
        backend : str
            Library of the frame.

        Returns
        -------
        data frame
            Columns ``estimand, n_sim, n_failed, truth, bias, bias_error, rmse, sd, mean_std_error, std_error_ratio,
            level, coverage, coverage_low, coverage_high, mean_length, n_unbounded``.
        """
        left_out = {"failures", "warnings", "seed"}
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in left_out}
        columns: dict[str, list[Any]] = {}
        for name, value in values.items():
            columns[name] = [value]
            if name == "mean_std_error":
                columns["std_error_ratio"] = [self.std_error_ratio]
        return to_native(columns, backend=backend)

    def _repr_html_(self) -> str:
        """Return the summary as an HTML table."""
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows()
        )
        notes = "".join(
            f"<p>{html.escape(_incident_line(heading, each, self.n_sim))}</p>"
            for heading, incidents in (("Failed", self.failures), ("Warned", self.warnings))
            for each in incidents
        )
        used = _validate.counted(self.n_sim - self.n_failed, "replication")
        caption = html.escape(f"Calibration of the {self.estimand}: {used}")
        return f"<table><caption>{caption}</caption>{rows}</table>{notes}"

    def _rows(self) -> list[tuple[str, str, str]]:
        """Label, value and reading of each figure."""
        percent = f"{100 * self.level:g} %"
        unbounded = f"{_validate.counted(self.n_unbounded, 'interval')} unbounded" if self.n_unbounded else ""
        return [
            ("truth", f"{self.truth:.6g}", ""),
            ("bias", f"{self.bias:.4g}", f"+/- {self.bias_error:.2g}: {self._bias_reading()}"),
            ("RMSE", f"{self.rmse:.4g}", ""),
            ("SD of the error", f"{self.sd:.4g}", ""),
            ("mean standard error", f"{self.mean_std_error:.4g}", self._ratio_reading()),
            (f"coverage at {percent}", f"{100 * self.coverage:.1f} %", self._coverage_reading()),
            ("mean length", f"{self.mean_length:.4g}", unbounded),
        ]

    def _bias_reading(self) -> str:
        if self.bias_error == 0:
            return "the same error every time"
        z = self.bias / self.bias_error
        limit = NormalDist().inv_cdf((1 + _MONTE_CARLO_LEVEL) / 2)
        return f"{'no evidence of bias' if abs(z) <= limit else 'biased'} (z {z:.1f})"

    def _ratio_reading(self) -> str:
        return f"{self.std_error_ratio:.3f} +/- {self.std_error_ratio_error:.2g} of the SD"

    def _coverage_reading(self) -> str:
        ends = f"[{100 * self.coverage_low:.1f}, {100 * self.coverage_high:.1f}]"
        if self.coverage_low > self.level:
            return f"{ends}: too wide"
        return f"{ends}: too narrow" if self.coverage_high < self.level else f"{ends}: no evidence against"


def replication_rng(seed: int, replication: int) -> np.random.Generator:
    """Return the generator of one replication: the same whichever process runs it, and in whichever order."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(replication,)))


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson interval of a share, at 95 %.

    Parameters
    ----------
    successes, n : int
        Successes among n > 0 trials.

    Returns
    -------
    tuple of float
        Low and high end, within [0, 1].
    """
    z = NormalDist().inv_cdf((1 + _MONTE_CARLO_LEVEL) / 2)
    share = successes / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _incident_line(heading: str, incident: Incident, n_sim: int) -> str:
    where = f"first in {incident.first}"
    return f"{heading} in {incident.count:,} of {n_sim:,} ({where}): {incident.kind}: {incident.message}"


def _clipped(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."
