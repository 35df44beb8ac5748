"""A k-class fit of a design: from sufficient statistics and one pass of scores to coefficients in their own units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._iv_scores import score_pass
from causalkit._numerics._iv_tests import endogeneity_tests, overidentification_tests
from causalkit._numerics._k_class import KClassFit, k_class, liml_kappa
from causalkit._numerics._stock_yogo import stock_yogo_values
from causalkit._numerics._tails import f_sf
from causalkit._numerics._wald import wald_test
from causalkit._numerics._weak_instruments import (
    conditional_f,
    cragg_donald,
    effective_f,
    effective_f_critical,
    kleibergen_paap,
)
from causalkit.iv._records import AndersonRubin, FirstStage, ModelTest
from causalkit.results import Effect, Effects

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._numerics._dependence import Dependence
    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._numerics._iv_scores import IvScores
    from causalkit._numerics._iv_tests import IvTest
    from causalkit._typing import FloatArray
    from causalkit.iv._design import IvDesign

__all__ = ["IvFit", "fit_k_class"]

BIASES = {"5%": 0.05, "10%": 0.1, "20%": 0.2, "30%": 0.3}
_EXOGENOUS = "the endogenous regressors are exogenous"
_VALID = "all instruments are valid and agree"
# Residual variation relative to that of the outcome below which the fit is exact.
EXACT = 1e-22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IvFit:
    """A fitted model, with everything that a result is made of.

    Attributes
    ----------
    design : IvDesign
        The model.
    projection : IvProjection
        Its sufficient statistics, refined by the pass over the residuals.
    k_class : KClassFit
        The estimate in scaled units.
    scores : IvScores
        Sums of scores at the estimate.
    liml_kappa : float
        LIML's kappa.
    """

    design: IvDesign
    projection: IvProjection
    k_class: KClassFit
    scores: IvScores
    liml_kappa: float

    @property
    def dependence(self) -> Dependence:
        """Which rows move together."""
        return self.design.dependence

    @property
    def units(self) -> FloatArray:
        """Units of the coefficients, (m,)."""
        return np.asarray(self.projection.scale_y / self.projection.scale_d)

    @property
    def df(self) -> float:
        """Degrees of freedom of the structural equation."""
        return self.dependence.df(self.projection.n, self.projection.n_parameters)

    @property
    def df_reduced(self) -> float:
        """Degrees of freedom of first stage and reduced form."""
        return self.dependence.df(self.projection.n, self.n_reduced)

    @property
    def n_reduced(self) -> int:
        """Parameters of first stage and reduced form."""
        return self.projection.n_exogenous + self.projection.n_instruments

    @property
    def is_exact(self) -> bool:
        """Whether nothing is left of the outcome."""
        left = float(self.projection.total[-1, -1])
        by_w = float((self.projection.coordinates[: self.projection.n_kept_w, -1] ** 2).sum())
        return left <= 1e-24 * by_w or self.scores.squares <= EXACT * left

    def joint_cov(self) -> FloatArray:
        """Covariance of the k-class and the least-squares coefficients, (2 m, 2 m), in their own units."""
        p, m = self.projection, self.projection.n_endogenous
        units = np.tile(self.units, 2)
        factor = self.dependence.factor(p.n, p.n_parameters)
        if not self.dependence.homoskedastic:
            return factor * self.scores.estimates * np.outer(units, units)
        ols = k_class(p, 0.0).bread
        cov = np.empty((2 * m, 2 * m))
        cov[:m, :m] = self.scores.squares * self.k_class.bread
        cov[m:, m:] = self.scores.squares_ols * ols
        # Under equal variances least squares is efficient, so that it does not covary with the gap (Hausman 1978).
        cov[:m, m:] = cov[m:, :m] = self.scores.squares_ols * ols
        scaled: FloatArray = (factor / p.n * cov * np.outer(units, units)).astype(np.float64)
        return scaled

    def reduced_cov(self) -> FloatArray:
        """Covariance of the coordinates ``[D y]``, (L (m + 1), L (m + 1)), in scaled units."""
        factor = self.dependence.factor(self.projection.n, self.n_reduced)
        if self.dependence.homoskedastic:
            kron: FloatArray = np.kron(self.scores.left, np.eye(self.projection.n_instruments)).astype(np.float64)
            return factor / self.projection.n * kron
        return factor * self.scores.reduced

    def coefficients(self) -> Effects:
        """Coefficients of the endogenous regressors."""
        m = self.projection.n_endogenous
        return self._effects(self.k_class.beta, self.joint_cov()[:m, :m])

    def ols(self) -> Effects:
        """Least squares of the same model."""
        m = self.projection.n_endogenous
        return self._effects(k_class(self.projection, 0.0).beta, self.joint_cov()[m:, m:])

    def _effects(self, beta: FloatArray, cov: FloatArray) -> Effects:
        return Effects(
            dimension="term", labels=self.design.endogenous, estimates=beta * self.units, cov=cov, df=self.df
        )

    def contrast(self) -> Effect:
        """The first coefficient less that of least squares."""
        m = self.projection.n_endogenous
        gap = (self.k_class.beta - k_class(self.projection, 0.0).beta) * self.units
        cov = self.joint_cov()
        # Under equal variances the gap has the difference of the variances at one error variance.
        if self.dependence.homoskedastic:
            breads = self.k_class.bread - k_class(self.projection, 0.0).bread
            scale = self.dependence.factor(self.projection.n, self.projection.n_parameters) / self.projection.n
            variance = scale * self.scores.squares * float(breads[0, 0]) * float(self.units[0]) ** 2
        else:
            variance = float(cov[0, 0] - 2.0 * cov[0, m] + cov[m, m])
        return Effect(
            estimand="IV minus OLS", estimate=float(gap[0]), std_error=float(np.sqrt(max(variance, 0.0))), df=self.df
        )

    def influence(self) -> tuple[float, ...]:
        """Change of the first coefficient per unit of direct effect of each instrument."""
        slope = self.projection.first @ self.k_class.bread
        change = self.direct().T @ slope[:, 0] / self.projection.scale_d[0]
        return tuple(change.tolist())

    def direct(self) -> FloatArray:
        """Coordinates of the instruments themselves on the orthonormal ones, (L, L)."""
        inverse: FloatArray = np.linalg.inv(self.projection.to_instruments()).astype(np.float64)
        return inverse

    def first_stage(self) -> FirstStage:
        """Strength of the instruments."""
        p, m, size = self.projection, self.projection.n_endogenous, self.projection.n_instruments
        cov, transform = self.reduced_cov(), p.to_instruments()
        total, explained = np.diagonal(p.total)[:m], np.diagonal(p.explained)[:m]
        blocks = [cov[j * size : (j + 1) * size, j * size : (j + 1) * size] for j in range(m)]
        tests = [wald_test(p.first[:, j], blocks[j], df=self.df_reduced) for j in range(m)]
        left = self.scores.left[:m, :m]
        tensor = cov[: m * size, : m * size].reshape(m, size, m, size)
        statistic = kleibergen_paap(p.first, left, cov[: m * size, : m * size])
        null: FloatArray = self.scores.null
        if self.dependence.homoskedastic:
            null = np.asarray(np.kron(p.total[:m, :m], np.eye(size)), dtype=np.float64) / p.n
        return FirstStage(
            coefficients={
                name: Effects(
                    dimension="instrument",
                    labels=self.design.instruments,
                    estimates=transform @ p.first[:, j] * p.scale_d[j],
                    cov=transform @ blocks[j] @ transform.T * p.scale_d[j] ** 2,
                    df=self.df_reduced,
                )
                for j, name in enumerate(self.design.endogenous)
            },
            partial_r2=explained / total,
            f=np.array([test.statistic / size for test in tests]),
            f_p_value=np.array([f_sf(test.statistic / size, size, self.df_reduced) for test in tests]),
            effective_f=np.array([effective_f(p.first[:, j], blocks[j]) for j in range(m)]),
            critical_values=self._critical(blocks[0]) if m == 1 else {},
            conditional_f=np.array([conditional_f(p.first, tensor, j)[0] for j in range(m)]),
            cragg_donald=cragg_donald(p.first, left, p.n - self.n_reduced if self.dependence.debiased else p.n),
            kleibergen_paap=statistic / size,
            kleibergen_paap_lm=kleibergen_paap(p.first, p.total[:m, :m], null),
            stock_yogo=stock_yogo_values(m, size),
        )

    def _critical(self, cov: FloatArray) -> dict[str, float]:
        if np.trace(cov) <= 0:
            return dict.fromkeys(BIASES, 0.0)
        return {name: effective_f_critical(cov, bias=bias) for name, bias in BIASES.items()}

    def reduced_form(self) -> Effects:
        """Effect of the instruments on the outcome."""
        p, size = self.projection, self.projection.n_instruments
        transform, cov = p.to_instruments() * p.scale_y, self.reduced_cov()[-size:, -size:]
        return Effects(
            dimension="instrument",
            labels=self.design.instruments,
            estimates=transform @ p.second,
            cov=transform @ cov @ transform.T,
            df=self.df_reduced,
        )

    def reduced_form_test(self) -> ModelTest:
        """Whether the instruments move the outcome."""
        size = self.projection.n_instruments
        cov = self.reduced_cov()[-size:, -size:]
        test = wald_test(self.projection.second, cov, df=self.df_reduced)
        return ModelTest(
            name="Reduced form",
            null="the instruments do not move the outcome",
            statistic=test.f_statistic,
            df=test.rank,
            df_denom=self.df_reduced,
            p_value=test.p_value,
        )

    def anderson_rubin(self) -> AndersonRubin | None:
        """The test that weak instruments cannot spoil; with one endogenous regressor and an outcome that varies."""
        p = self.projection
        if p.n_endogenous > 1 or self.is_exact:
            return None
        units = np.repeat([float(p.scale_d[0]), p.scale_y], p.n_instruments)
        return AndersonRubin(
            first=p.first[:, 0] * p.scale_d[0],
            second=p.second * p.scale_y,
            cov=self.reduced_cov() * np.outer(units, units),
            direct=self.direct(),
            df=self.df_reduced,
        )

    def endogeneity(self) -> tuple[ModelTest, ...]:
        """Tests of exogeneity."""
        if self.is_exact:
            return ()
        found = endogeneity_tests(self.projection, self.scores, self.dependence)
        return tuple(_model_test(each, _EXOGENOUS) for each in found)

    def overidentification(self) -> tuple[ModelTest, ...]:
        """Tests of the over-identifying restrictions, for two-stage least squares and LIML."""
        if self.is_exact:
            return ()
        found = overidentification_tests(self.projection, self.scores, beta=self.k_class.beta, kappa=self.liml_kappa)
        return tuple(_model_test(each, _VALID) for each in found)


def _model_test(test: IvTest, null: str) -> ModelTest:
    return ModelTest(
        name=test.name,
        null=null,
        statistic=test.statistic,
        df=test.df,
        df_denom=test.df_denom,
        p_value=test.p_value,
    )


def fit_k_class(design: IvDesign, kappa_of: Callable[[IvProjection, float], float]) -> IvFit:
    """Fit a k-class estimator.

    Parameters
    ----------
    design : IvDesign
        The model.
    kappa_of : callable
        Returns kappa from the sufficient statistics and LIML's kappa.

    Returns
    -------
    IvFit
        The fit, its coefficients refined once by the residuals.
    """
    projection = design.projection
    limited = liml_kappa(projection)
    start = k_class(projection, kappa_of(projection, limited))
    scores = score_pass(projection, start.beta, projection.first @ start.bread, design.dependence)
    coordinates = projection.coordinates.copy()
    coordinates[projection.n_kept_w :, :-1] = scores.first
    coordinates[projection.n_kept_w :, -1] = scores.second
    refined = replace(projection, coordinates=coordinates)
    return IvFit(
        design=design,
        projection=refined,
        k_class=k_class(refined, start.kappa),
        scores=scores,
        liml_kappa=limited,
    )
