"""Coefficients of the exogenous columns too, with the covariance of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._iv_scores import all_moments
from causalkit.results import Effects

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.iv._fit import IvFit

__all__ = ["all_coefficients"]

CONSTANT = "constant"


def all_coefficients(fit: IvFit) -> Effects:
    """Return the endogenous regressors, the exogenous columns and, without absorbed effects, the constant."""
    p, at, m = fit.projection, fit.projection.n_kept_w, fit.projection.n_endogenous
    intercept = not fit.design.absorbed
    scale = p.centering.scale
    slope = p.first @ fit.k_class.bread
    # Error of every coefficient as a matrix times the moments [e, q_W e, q e], in scaled units.
    endogenous = np.hstack([np.zeros((m, 1 + at)), slope.T])
    gamma_basis = np.hstack([np.zeros((at, 1)), np.eye(at), np.zeros((at, p.n_instruments))])
    back = p.inverse_root[:at, :at]
    by_w = p.coordinates[:at]
    gamma = back @ (by_w[:, m] - by_w[:, :m] @ fit.k_class.beta)
    exogenous = back @ (gamma_basis - by_w[:, :m] @ endogenous)
    units_w = p.scale_y / scale[p.kept[:at]]
    estimates = np.concatenate([fit.k_class.beta * fit.units, gamma * units_w])
    rows = np.vstack([endogenous * fit.units[:, None], exogenous * units_w[:, None]])
    labels = (*fit.design.endogenous, *fit.design.exogenous)
    if intercept:
        mean = p.centering.mean
        first_d = scale.size - 1 - m
        means = np.concatenate([mean[first_d:-1], mean[p.kept[:at]]])
        constant = np.zeros(rows.shape[1])
        constant[0] = p.scale_y / p.weight_sum
        estimates = np.append(estimates, mean[-1] - means @ estimates)
        rows = np.vstack([rows, constant - means @ rows])
        labels = (*labels, _free_name(labels))
    if fit.dependence.homoskedastic:
        variance = fit.scores.squares * fit.dependence.factor(p.n, p.n_parameters) / p.n
        norm = np.ones(rows.shape[1])
        norm[0] = p.weight_sum
        # The bread of a k-class estimator is not that of its scores: exchange the endogenous block.
        cov = variance * _classical(fit, rows, norm)
    else:
        meat = all_moments(p, fit.k_class.beta, fit.dependence)
        cov = fit.dependence.factor(p.n, p.n_parameters) * rows @ meat @ rows.T
    return Effects(dimension="term", labels=labels, estimates=estimates, cov=(cov + cov.T) / 2.0, df=fit.df)


def _classical(fit: IvFit, rows: FloatArray, norm: FloatArray) -> FloatArray:
    """Covariance of all coefficients at an error variance of one."""
    size = fit.projection.n_instruments
    direct, through = rows.copy(), rows[:, -size:]
    direct[:, -size:] = 0.0
    # Every coefficient depends on the instruments' moments through the endogenous coefficients alone.
    slope = (fit.projection.first @ fit.k_class.bread * fit.units).T
    loading = through @ np.linalg.pinv(slope)
    bread = fit.k_class.bread * np.outer(fit.units, fit.units)
    return (direct * norm) @ direct.T + loading @ bread @ loading.T


def _free_name(labels: tuple[str, ...]) -> str:
    name = CONSTANT
    while name in labels:
        name = f"({name})"
    return name
