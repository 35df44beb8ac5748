"""Options of a local polynomial analysis, checked once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from causalkit._numerics._rd_bandwidth import BANDWIDTHS, BandwidthSettings
from causalkit._numerics._rd_side import KERNELS
from causalkit._numerics._rd_variance import VARIANCES
from causalkit._validate import choice, flag, positive, whole
from causalkit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._numerics._rd_bandwidth import BandwidthName
    from causalkit._numerics._rd_side import KernelName
    from causalkit._numerics._rd_variance import VarianceName

__all__ = ["BandwidthOption", "MassPoints", "Settings", "check_settings", "numbers_of", "pair_of"]

MassPoints = Literal["adjust", "check", "off"]
BandwidthTarget = Literal["ratio", "outcome"]
BandwidthOption: TypeAlias = "str | float | Sequence[float]"

_HIGHEST_ORDER = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked options.

    Attributes
    ----------
    order, bias_order, derivative : int
        Degrees, and the derivative that jumps.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    kind : str or None
        Name of the bandwidth selector; None where the bandwidth is given.
    bandwidth, bias_bandwidth : tuple of float or None
        Given bandwidths, below and above the cutoff.
    rho : float or None
        Given ratio of the two.
    cov_type : str
        How the variance is estimated.
    n_matches : int
        Nearest neighbours of that estimate.
    mass_points : {"adjust", "check", "off"}
        What repeated scores do to the pilot bandwidths.
    regularize : bool
        Whether the bias is kept away from zero in the choice of the bandwidth.
    bandwidth_target : {"ratio", "outcome"}
        What a selected bandwidth is best for, where take-up is imperfect.
    """

    order: int
    bias_order: int
    derivative: int
    kernel: KernelName
    kind: BandwidthName | None
    bandwidth: tuple[float, float] | None
    bias_bandwidth: tuple[float, float] | None
    rho: float | None
    cov_type: VarianceName
    n_matches: int
    mass_points: MassPoints
    regularize: bool
    bandwidth_target: BandwidthTarget

    def numeric(self, n_treatments: int, means: tuple[float, ...] = ()) -> BandwidthSettings:
        """Return what the kernels need."""
        return BandwidthSettings(
            order=self.order,
            bias_order=self.bias_order,
            derivative=self.derivative,
            kernel=self.kernel,
            regularize=float(self.regularize),
            mass_points=self.mass_points,
            n_treatments=n_treatments,
            means=means,
        )


def check_settings(
    *,
    order: int | None = None,
    bias_order: int | None = None,
    derivative: int = 0,
    kernel: str = "triangular",
    bandwidth: BandwidthOption = "mserd",
    bias_bandwidth: float | Sequence[float] | None = None,
    rho: float | None = None,
    cov_type: str | None = None,
    n_matches: int = 3,
    mass_points: str = "adjust",
    regularize: bool = True,
    clustered: bool = False,
    bandwidth_target: str = "ratio",
    fuzzy: bool = False,
) -> Settings:
    """Check the options of a local polynomial analysis and fill in what depends on others.

    Raises
    ------
    OptionError
        An option is unknown, out of range, or contradicts another one.
    """
    derivative = whole("derivative", derivative, least=0, most=_HIGHEST_ORDER - 1)
    p = whole("order", derivative + bool(derivative) or 1, least=0) if order is None else order
    p = whole("order", p, least=derivative, most=_HIGHEST_ORDER)
    q = whole("bias_order", p + 1 if bias_order is None else bias_order, least=p + 1, most=_HIGHEST_ORDER + 1)
    named = isinstance(bandwidth, str)
    given = None if named else pair_of("bandwidth", bandwidth)
    if named and (bias_bandwidth is not None):
        raise OptionError("bias_bandwidth needs a bandwidth that is given too; or let both be chosen from the data.")
    if bias_bandwidth is not None and rho is not None:
        raise OptionError("bias_bandwidth and rho both set the bandwidth of the bias; give one of them.")
    target = choice("bandwidth_target", bandwidth_target, ("ratio", "outcome"))
    if target == "outcome" and not (fuzzy and named):
        raise OptionError(
            "bandwidth_target='outcome' is for a bandwidth that is selected where take-up is imperfect: name a "
            "selector as bandwidth=... and the treatment taken as treatment=..."
        )
    if cov_type is None:
        cov_type = "CR1" if clustered else "nn"
    variance = choice("cov_type", cov_type, VARIANCES)
    if clustered != variance.startswith("CR"):
        raise OptionError(
            f"cov_type={cov_type!r} {'has no use for' if clustered else 'needs'} cluster=...; "
            f"with clusters it is one of 'CR1', 'CR2', 'CR3', without one of 'nn', 'HC0' to 'HC3'."
        )
    return Settings(
        order=p,
        bias_order=q,
        derivative=derivative,
        kernel=choice("kernel", kernel, KERNELS),  # type: ignore[arg-type]
        kind=choice("bandwidth", bandwidth, BANDWIDTHS) if named else None,  # type: ignore[arg-type]
        bandwidth=given,
        bias_bandwidth=None if bias_bandwidth is None else pair_of("bias_bandwidth", bias_bandwidth),
        rho=None if rho is None else positive("rho", rho),
        cov_type=variance,  # type: ignore[arg-type]
        n_matches=whole("n_matches", n_matches, least=1),
        mass_points=choice("mass_points", mass_points, ("adjust", "check", "off")),  # type: ignore[arg-type]
        regularize=flag("regularize", regularize),
        bandwidth_target=target,  # type: ignore[arg-type]
    )


def numbers_of(name: str, values: object, check: Callable[[str, object], float]) -> list[float]:
    """Return a list of numbers, each checked; neither a single number nor an empty list will do."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise OptionError(f"{name}={values!r} must be a list of numbers.")
    found = [check(name, each) for each in values]
    if not found:
        raise OptionError(f"{name}={values!r} must hold at least one number.")
    return found


def pair_of(name: str, value: object) -> tuple[float, float]:
    """Return one positive number, or a pair of them, as a pair (below, above)."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise OptionError(f"{name}={value!r} must be one number, or a pair (below, above the cutoff).")
        return positive(name, value[0]), positive(name, value[1])
    return positive(name, value), positive(name, value)
