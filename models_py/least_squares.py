"""Multi-class least squares on sparse input: the classifier that both twin models are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from models_py.frames import ScoreArray

# Penalties tried, in units of the mean variance of an input column times the number of rows: so
# that one list does for any number of rows and columns.
PENALTIES = (0.3, 3.0, 30.0)


@dataclass(frozen=True)
class LinearScores:
    """score = x @ weights + intercept, for each class.

    Attributes
    ----------
    weights
        (n_columns, n_classes) float32.
    intercept
        (n_classes,) float32.
    """

    weights: ScoreArray
    intercept: ScoreArray

    def score(self, x: sparse.csr_matrix) -> ScoreArray:
        """(n_rows, n_classes) float32 for the rows of x."""
        return np.asarray(x @ self.weights, dtype=np.float32) + self.intercept


def fit_least_squares(
    x: sparse.csr_matrix,
    y: sparse.csr_matrix,
    class_level: npt.NDArray[np.float64],
    penalties: Sequence[float] = PENALTIES,
) -> list[LinearScores]:
    """Regress each class's 0/1 target on x with a squared penalty, once for each penalty.

    A linear model of an indicator matrix estimates the probability of each class given x (Hastie,
    Tibshirani, Friedman, "The Elements of Statistical Learning", 2nd ed., 4.2), here shrunk as in
    ridge regression (ibid., 3.41-3.44) with an unpenalised intercept. It is solved exactly from
    the normal equations, at a cost that hardly grows with the number of classes; scikit-learn's
    Ridge has no exact solver for sparse x with an intercept.

    Parameters
    ----------
    x
        (n_rows, n_columns), n_rows >= 1.
    y
        (n_rows, n_classes) of 0 and 1.
    class_level
        (n_classes,) what the mean score of each class should be: the popularity now, in place of
        its mean over the windows that y comes from.
    penalties
        Positive, in the units of PENALTIES.

    Returns
    -------
    list of LinearScores
        One for each penalty, in their order.
    """
    n_rows = x.shape[0]
    # Sums over many rows lose too much in float32.
    x, y = x.astype(np.float64), y.astype(np.float64)
    mean_x = np.asarray(x.mean(axis=0)).ravel()
    mean_y = np.asarray(y.mean(axis=0)).ravel()
    gram = (x.T @ x).toarray() - n_rows * np.outer(mean_x, mean_x)
    moment = (x.T @ y).toarray() - n_rows * np.outer(mean_x, mean_y)
    unit = max(float(np.mean(np.diag(gram))), 0.0) if x.shape[1] else 0.0
    fitted = []
    for penalty in penalties:
        # The small constant keeps a matrix of constant columns invertible.
        penalised = gram + np.eye(len(gram)) * (penalty * unit + 1e-9 * n_rows)
        # The same numbers as linalg.solve's, which estimates the matrix's condition as well.
        factor = linalg.cho_factor(penalised, overwrite_a=True)
        weights = linalg.cho_solve(factor, moment)
        fitted.append(
            LinearScores(
                weights=weights.astype(np.float32),
                intercept=(class_level - mean_x @ weights).astype(np.float32),
            )
        )
    return fitted
