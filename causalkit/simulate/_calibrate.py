"""Run an estimator on many simulations with a known truth."""

from __future__ import annotations

import math
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit import _validate
from causalkit.errors import DesignError, OptionError
from causalkit.simulate._calibration import Calibration, Incident, wilson
from causalkit.simulate._replication import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from causalkit._typing import Rng
    from causalkit.simulate._replication import Estimate, Replication
    from causalkit.simulate._simulation import Simulation

_PATIENCE = 2.0  # seconds before a progress bar appears
_CHUNKS_PER_JOB = 8
_LEAST_USED = 2


def calibrate(
    estimator: Callable[[Any], Estimate],
    generator: Callable[[np.random.Generator], Simulation],
    *,
    estimand: str,
    n_sim: int,
    rng: Rng,
    n_jobs: int = 1,
    level: float = 0.95,
    progress: bool = True,
) -> Calibration:
    """Measure bias, standard errors and coverage of an estimator in repeated samples.

    Each replication draws a simulation with its own stream of random numbers, estimates, and compares with the truth.
    The numbers depend on ``rng`` alone, not on ``n_jobs``.

    Parameters
    ----------
    estimator : callable
        Takes the data of a simulation; returns an object with ``estimate``, ``std_error`` and ``conf_int(level)``, as
        every result of causalkit. ``conf_int`` may return an interval with ``low`` and ``high``, a pair of numbers,
        or a set that answers ``contains(x)`` or ``x in set``.
    generator : callable
        Takes a NumPy Generator; returns a :class:`Simulation`.
    estimand : str
        Which truth of the simulation to compare with, such as ``"ATT"``.
    n_sim : int
        Replications, at least 2.
    rng : Generator or int
        Source of the seeds, or a seed.
    n_jobs : int
        Processes. With more than one, both functions must be importable: written in a module, not in a notebook cell,
        and not a lambda.
    level : float
        Level of the intervals.
    progress : bool
        Whether to show a progress bar on standard error if the work takes longer than two seconds.

    Returns
    -------
    Calibration
        The figures with their Monte Carlo errors. An exception of the estimator, an estimate that is not finite or an
        interval that is not a number is a failed replication: it is counted, named and left out of the figures.
        Warnings are counted and named too, in place of being shown.

    Raises
    ------
    OptionError
        An option is out of range, the simulation has no such truth, the estimator returns something else than
        described, or the functions cannot be sent to other processes.
    DesignError
        Fewer than two replications succeeded; the first failure is its cause.

    References
    ----------
    Morris, T. P., White, I. R. and Crowther, M. J. (2019). Using simulation studies to evaluate statistical methods.
    Statistics in Medicine 38(11), 2074-2102.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from causalkit import simulate
    >>> def difference_in_means(df):
    ...     y0, y1 = df.loc[df["treated"] == 0, "y"], df.loc[df["treated"] == 1, "y"]
    ...     gap, se = y1.mean() - y0.mean(), (y0.var() / y0.size + y1.var() / y1.size) ** 0.5
    ...     ends = lambda level: (gap - 1.96 * se, gap + 1.96 * se)
    ...     return SimpleNamespace(estimate=gap, std_error=se, conf_int=ends)
    >>> def confounded(rng):
    ...     return simulate.observational(200, rng=rng)
    >>> cal = simulate.calibrate(difference_in_means, confounded, estimand="ATT", n_sim=100, rng=1)
    >>> print(cal.summary())
    Calibration of the ATT: 100 replications
      truth                       1.2696
      bias                         0.881  +/- 0.021: biased (z 42.7)
      RMSE                        0.9046
      SD of the error             0.2062
      mean standard error         0.2228  1.080 +/- 0.077 of the SD
      coverage at 95 %             2.0 %  [0.6, 7.0]: too narrow
      mean length                 0.8733
    """
    estimand = _validate.label("estimand", estimand)
    n_sim = _validate.whole("n_sim", n_sim, least=_LEAST_USED)
    n_jobs = _validate.whole("n_jobs", n_jobs, least=1)
    level = _validate.fraction("level", level)
    show = _validate.flag("progress", progress)
    seed = int.from_bytes(_validate.generator(rng).bytes(16), "little")
    task = Task(estimator=estimator, generator=generator, estimand=estimand, level=level, seed=seed)
    replications = sorted(_run(task, n_sim, n_jobs, show=show), key=lambda each: each.number)
    _require_some(task, replications)
    return _summarized(task, replications)


def _run(task: Task, n_sim: int, n_jobs: int, *, show: bool) -> list[Replication]:
    """Run all replications, in the order in which they come to an end."""
    from tqdm import tqdm

    done: list[Replication] = []
    with tqdm(total=n_sim, desc="calibrate", unit="sim", delay=_PATIENCE, disable=not show, leave=False) as bar:
        for part in _in_processes(task, n_sim, n_jobs) if n_jobs > 1 else _here(task, n_sim):
            done += part
            bar.update(len(part))
    return done


def _here(task: Task, n_sim: int) -> Iterator[list[Replication]]:
    for number in range(n_sim):
        yield task.run(range(number, number + 1))


def _in_processes(task: Task, n_sim: int, n_jobs: int) -> Iterator[list[Replication]]:
    """Run chunks of replications in fresh processes, which behave alike on every platform."""
    _require_sendable(estimator=task.estimator, generator=task.generator)
    # Several chunks per process, so that the last one is not waited for long.
    size = math.ceil(n_sim / (n_jobs * _CHUNKS_PER_JOB))
    chunks = [range(start, min(start + size, n_sim)) for start in range(0, n_sim, size)]
    pool = ProcessPoolExecutor(min(n_jobs, len(chunks)), mp_context=multiprocessing.get_context("spawn"))
    try:
        for future in as_completed([pool.submit(task.run, chunk) for chunk in chunks]):
            yield future.result()
    except BrokenProcessPool as broken:
        raise OptionError(
            f"n_jobs={n_jobs}: a process died before it could answer. The functions must be importable from a module, "
            f'and a script must start its work under if __name__ == "__main__". Or use n_jobs=1.'
        ) from broken
    finally:
        pool.shutdown(cancel_futures=True)


def _require_sendable(**functions: Callable[[Any], Any]) -> None:
    """Raise unless a fresh process can import the functions."""
    main = sys.modules["__main__"]
    has_file = Path(getattr(main, "__file__", None) or "").is_file()
    for name, function in functions.items():
        try:
            ForkingPickler.dumps(function)
        except Exception as refused:
            raise OptionError(
                f"{name}={function!r} cannot be sent to another process ({refused}). Write it at the top level of a "
                f"module, without lambda, or use n_jobs=1."
            ) from refused
        if getattr(function, "__module__", None) == main.__name__ and not has_file:
            raise OptionError(
                f"{name}={function!r} is written in a notebook cell or at a prompt, where other processes cannot "
                f"import it. Write it in a module, or use n_jobs=1."
            )


def _require_some(task: Task, replications: Sequence[Replication]) -> None:
    """Raise, with the first failure as the cause, unless there is something to average."""
    failed = [each for each in replications if each.failure is not None]
    if len(replications) - len(failed) >= _LEAST_USED:
        return
    first = failed[0]
    kind, message = first.failure or ("", "")
    cause: Exception | None = None
    try:
        task.estimator(task.draw(first.number).data)
    except Exception as error:  # noqa: BLE001  run again for its traceback
        cause = error
    raise DesignError(
        f"The estimator failed in {len(failed)} of {_validate.counted(len(replications), 'replication')}; "
        f"in replication {first.number}: {kind}: {message}"
    ) from cause


def _summarized(task: Task, replications: Sequence[Replication]) -> Calibration:
    """Figures over the replications that did not fail (Morris et al. 2019, table 6)."""
    used = [each for each in replications if each.failure is None]
    n = len(used)
    truth = np.array([each.truth for each in used])
    error = np.array([each.estimate for each in used]) - truth
    length = np.array([each.length for each in used])
    covered = sum(each.covered for each in used)
    sd = float(error.std(ddof=1))
    coverage_low, coverage_high = wilson(covered, n)
    return Calibration(
        estimand=task.estimand,
        n_sim=len(replications),
        n_failed=len(replications) - n,
        truth=float(truth.mean()),
        bias=float(error.mean()),
        bias_error=sd / math.sqrt(n),
        rmse=math.sqrt(float(np.mean(error**2))),
        sd=sd,
        mean_std_error=float(np.mean([each.std_error for each in used])),
        level=task.level,
        coverage=covered / n,
        coverage_low=coverage_low,
        coverage_high=coverage_high,
        mean_length=float(length.mean()),
        n_unbounded=int(np.isinf(length).sum()),
        failures=_incidents([(each.number, each.failure) for each in replications if each.failure is not None]),
        warnings=_incidents([(each.number, warned) for each in replications for warned in each.warned]),
        seed=task.seed,
    )


def _incidents(found: Sequence[tuple[int, tuple[str, str]]]) -> tuple[Incident, ...]:
    """Count what was raised or warned of by its kind, most frequent first."""
    by_kind: dict[str, list[tuple[int, str]]] = {}
    for number, (kind, message) in found:
        by_kind.setdefault(kind, []).append((number, message))
    incidents = [
        Incident(kind=kind, count=len(cases), first=cases[0][0], message=cases[0][1]) for kind, cases in by_kind.items()
    ]
    return tuple(sorted(incidents, key=lambda each: (-each.count, each.kind)))
