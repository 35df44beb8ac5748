"""Options and their combinations against rdrobust 2.1.1, called here on the same rows."""

from __future__ import annotations

import contextlib
import io
import itertools
import warnings

import numpy as np
import pandas as pd
import pytest

from causalkit import rdd
from causalkit._numerics._rd_bandwidth import BANDWIDTHS
from causalkit.errors import CausalkitWarning

KERNELS = {"triangular": "tri", "uniform": "uni", "epanechnikov": "epa"}
UNCLUSTERED = ("nn", "HC0", "HC1", "HC2", "HC3")
CLUSTERED = ("CR1", "CR2", "CR3")
# rdrobust fits powers of the score up to order + 3, which cost it about two digits an order; ours are orthogonal.
DIGITS = {0: 1e-8, 1: 1e-8, 2: 1e-7, 3: 5e-6}


def _score(name, rng):
    return {
        "smooth": lambda: rng.uniform(-0.9, 1.1, 500),
        "heavy tails": lambda: 30 * rng.standard_t(4, 450) - 0.5,
        "twelfths": lambda: np.round(rng.normal(0.1, 1, 700) * 12) / 12,
        "tenths": lambda: np.round(rng.uniform(-4, 5, 600), 1),
    }[name]()


def _data(name, seed):
    rng = np.random.default_rng(seed)
    x = _score(name, rng)
    n, s = x.size, x / x.std()
    z = rng.normal(size=n)
    taken = ((s >= 0) * 0.6 + rng.uniform(size=n) > 0.7).astype(float)
    return pd.DataFrame(
        {
            "x": x,
            "y": 1 + s + 0.8 * s**2 * np.sign(s) + 2 * taken + 0.5 * z + rng.normal(0, 0.7, n),
            "taken": taken,
            "z": z,
            "z2": 0.5 * z + rng.normal(size=n),
            "w": rng.uniform(0.5, 2, n),
            "g": rng.integers(0, 12, n),
        }
    )


DATA = {name: _data(name, seed) for seed, name in enumerate(("smooth", "heavy tails", "twelfths", "tenths"))}


def theirs(data, *, standardize=True, **options):
    """Bandwidths (below, above) of estimate and bias; estimate and corrected; conventional and robust error."""
    import rdrobust

    roles = {"treatment": "fuzzy", "covariates": "covs", "weights": "weights", "cluster": "cluster"}
    call = {roles[role]: data[options[role]].to_numpy() for role in roles if options.get(role)}
    given = options.get("bandwidth", "mserd")
    if isinstance(given, str):
        call["bwselect"] = given
    else:
        call["h"], call["b"] = given, options["bias_bandwidth"]
    cov_type = options.get("cov_type", "nn")
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = rdrobust.rdrobust(
            data["y"].to_numpy(),
            data["x"].to_numpy(),
            p=options.get("order", 1),
            q=options.get("bias_order"),
            deriv=options.get("derivative", 0),
            kernel=KERNELS[options.get("kernel", "triangular")],
            vce=cov_type.lower(),
            scaleregul=int(options.get("regularize", True)),
            masspoints=options.get("mass_points", "adjust"),
            nnmatch=options.get("n_matches", 3),
            stdvars=standardize,
            **call,
        )
    numbers = [frame.to_numpy(float).ravel() for frame in (got.bws, got.coef, got.se)]
    return np.concatenate([numbers[0], numbers[1][:2], numbers[2][[0, 2]]])


def ours(data, **options):
    """Return the same numbers of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        got = rdd.local_polynomial(data, outcome="y", running="x", cutoff=0, treated="above", **options)
    widths = got.bandwidths
    return np.array(
        [
            widths.h_below, widths.h_above, widths.b_below, widths.b_above, got.estimate, got.effect.center,
            got.conventional.std_error, got.std_error,
        ]
    )  # fmt: skip


def assert_equal(data, *, standardize=True, **options):
    got, want = ours(data, **options), theirs(data, standardize=standardize, **options)
    rtol = DIGITS[options.get("order", 1)]
    np.testing.assert_allclose(got[[0, 1, 2, 3, 6, 7]], want[[0, 1, 2, 3, 6, 7]], rtol=rtol)
    # An estimate near zero keeps the digits that its error has.
    np.testing.assert_allclose(got[4:6], want[4:6], rtol=rtol, atol=rtol * want[7])


@pytest.mark.parametrize("selector", BANDWIDTHS)
@pytest.mark.parametrize("name", ["smooth", "tenths"])
def test_every_selector_and_kernel(name, selector):
    for kernel in KERNELS:
        assert_equal(DATA[name], bandwidth=selector, kernel=kernel)


@pytest.mark.parametrize("name", DATA)
def test_every_variance(name):
    for cov_type in UNCLUSTERED:
        assert_equal(DATA[name], cov_type=cov_type)
    for cov_type in CLUSTERED:
        assert_equal(DATA[name], cov_type=cov_type, cluster="g")
    for n_matches in (1, 2, 7):
        assert_equal(DATA[name], n_matches=n_matches)


@pytest.mark.parametrize("name", DATA)
def test_every_order_and_derivative(name):
    for order, derivative in ((0, 0), (1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (3, 1)):
        assert_equal(DATA[name], order=order, derivative=derivative)


@pytest.mark.parametrize("selector", ["mserd", "msetwo", "msesum"])
def test_the_pilot_of_the_bias_window_holds_ten_scores_where_they_repeat(selector):
    rng = np.random.default_rng(3003)
    x = rng.integers(-15, 18, 2000) / 15 + 0.02
    y = 1 + x + x**2 - 4 * x**4 * (x > 0) + 8 * x**3 * (x < 0) + 2 * (x >= 0) + rng.normal(0, 0.1, x.size)
    data = pd.DataFrame({"x": x, "y": y})
    assert_equal(data, bandwidth=selector)
    # The least width decides here: without it the bandwidth is another.
    assert abs(ours(data, bandwidth=selector)[2] / ours(data, bandwidth=selector, mass_points="check")[2] - 1) > 1e-3


def _drawn(n, seed):
    """Combinations of everything, drawn so that pairs of options meet."""
    rng = np.random.default_rng(seed)

    def one(*values):
        return values[rng.integers(len(values))]

    for _ in range(n):
        derivative, clustered = one(0, 0, 1), one(True, False, False)
        options = {
            "order": one(*range(derivative, 4)),
            "derivative": derivative,
            "kernel": one(*KERNELS),
            "bandwidth": one(*BANDWIDTHS),
            "cov_type": one(*(CLUSTERED if clustered else UNCLUSTERED)),
            "cluster": "g" if clustered else None,
            "treatment": one("taken", None, None),
            "covariates": one(["z", "z2"], None, None),
            "weights": one("w", None, None),
            "regularize": one(True, True, False),
            "mass_points": one("adjust", "check", "off"),
            "n_matches": one(3, 3, 1, 5),
        }
        name = one(*DATA)
        # Where the window of the bias is the narrower one and hardly holds a cluster, the two programs part in CR2.
        options["regularize"] |= options["cov_type"] == "CR2"
        if name == "twelfths" and options["order"] == 3 and options["mass_points"] != "adjust":
            options["mass_points"] = "adjust"  # else the pilot window has too few scores for either program
        yield name, one(True, False), options


@pytest.mark.parametrize("block", range(6))
def test_options_together(block):
    for name, standardize, options in _drawn(20, seed=block):
        try:
            assert_equal(DATA[name], standardize=standardize, **options)
        except AssertionError as error:
            raise AssertionError(f"{name}, standardize={standardize}, {options}: {error}") from error


@pytest.mark.parametrize("cov_type", [*UNCLUSTERED, *CLUSTERED])
def test_a_bias_window_narrower_than_the_window(cov_type):
    # Rows beyond the window of the bias take part in the estimate; in a cluster their fit leaves it out too.
    cluster = "g" if cov_type.startswith("CR") else None
    for kernel, weights in itertools.product(KERNELS, (None, "w")):
        assert_equal(
            DATA["smooth"], bandwidth=0.6, bias_bandwidth=0.45, cov_type=cov_type, cluster=cluster, kernel=kernel,
            weights=weights, treatment="taken",
        )  # fmt: skip


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_bias_order_two_above_keeps_the_bias_window_and_the_estimate(order):
    for name in ("smooth", "tenths"):
        want = theirs(DATA[name], order=order, bias_order=order + 2)
        got = ours(DATA[name], order=order, bias_order=order + 2)
        np.testing.assert_allclose(got[2:4], want[2:4], rtol=DIGITS[order])
        assert_equal(
            DATA[name],
            order=order,
            bias_order=order + 2,
            bandwidth=(want[0], want[1]),
            bias_bandwidth=(want[2], want[3]),
        )


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_bias_order_two_above_takes_the_coefficient_of_the_bias_from_the_wider_fit(order):
    """The bias of order p is of the coefficient of power p + 1, whatever the degree of the fit that estimates it.

    rdrobust for Python takes the coefficient of the highest power instead (those for R and Stata do not), so that its
    bandwidth changes with the units of the score. What the degree does not touch is taken from its numbers.
    """
    data = DATA["smooth"]
    options = {"order": order, "bandwidth": "msetwo", "regularize": False, "mass_points": "off"}

    def coefficient(side, width, degree):
        rows = data[(data.x >= 0) == side]
        rows = rows[rows.x.abs() < width]
        weights = np.sqrt(1 - rows.x.abs() / width)
        return np.polynomial.polynomial.polyfit(rows.x, rows.y, degree, w=weights)[order + 1]

    plain = theirs(data, bias_order=order + 1, **options)
    got = ours(data, bias_order=order + 2, **options)
    for side in (0, 1):
        narrow = coefficient(side, plain[2 + side], order + 1)
        wide = coefficient(side, got[2 + side], order + 2)
        expected = plain[side] * abs(narrow / wide) ** (2 / (2 * order + 3))
        assert got[side] == pytest.approx(min(expected, data.x[(data.x >= 0) == side].abs().max()), rel=1e-8)
    scaled = ours(data.assign(x=1000 * data.x), bias_order=order + 2, **options)
    np.testing.assert_allclose(scaled[:2], 1000 * got[:2], rtol=1e-9)
