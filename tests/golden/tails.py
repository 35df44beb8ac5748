"""Reference tail probabilities with 40 digits (mpmath): ``python tests/golden/tails.py`` writes tails.json."""

from __future__ import annotations

import json
from pathlib import Path

import mpmath as mp

mp.mp.dps = 60


def t_two_sided(t: float, df: float) -> mp.mpf:
    """Integrate the t density beyond t, which stays accurate where the incomplete beta function does not."""
    t, df = mp.mpf(t), mp.mpf(df)
    log_constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2

    def density(u: mp.mpf) -> mp.mpf:
        return mp.exp(log_constant - (df + 1) / 2 * mp.log1p(u * u / df))

    step = 1 / max(t, mp.mpf(1))
    cuts = [t + step * c for c in (0, 1, 3, 6, 10, 20, 40, 80, 160, 320)]
    return 2 * mp.quad(density, [*cuts, mp.inf])


def normal_two_sided(z: float) -> mp.mpf:
    return mp.erfc(mp.mpf(z) / mp.sqrt(2))


def chi2_upper(x: float, df: float) -> mp.mpf:
    return mp.gammainc(mp.mpf(df) / 2, mp.mpf(x) / 2, mp.inf, regularized=True)


def f_upper(x: float, num: float, den: float) -> mp.mpf:
    x, num, den = mp.mpf(x), mp.mpf(num), mp.mpf(den)
    return mp.betainc(den / 2, num / 2, 0, den / (den + num * x), regularized=True)


golden = {
    "program": f"mpmath {mp.__version__}, {mp.mp.dps} digits",
    "normal": [[z, float(normal_two_sided(z))] for z in (0.1, 1.0, 1.96, 5.0, 10.0, 30.0, 37.0)],
    "t": [[t, df, float(t_two_sided(t, df))] for df in (1, 2.5, 9, 30, 613, 1e4, 1e6) for t in (0.1, 2.0, 8.0, 30.0)],
    "chi2": [[x, df, float(chi2_upper(x, df))] for df in (1, 2, 7, 40) for x in (0.5, 10.0, 200.0, 900.0)],
    "f": [
        [x, num, den, float(f_upper(x, num, den))]
        for num in (1, 3, 20)
        for den in (4, 47, 1000)
        for x in (0.5, 4.0, 60.0)
    ],
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
