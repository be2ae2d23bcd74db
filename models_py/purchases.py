"""The purchases twin: from what a customer bought, counted at one grain, to popular articles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from models_py import columns
from models_py.frames import Classes, Frames, IntArray, ScoreArray
from models_py.least_squares import LinearScores, fit_least_squares

# The features of most customers; the solver's time grows with the cube of their number.
MAX_FEATURES = 3000


@dataclass(frozen=True)
class PurchasesModel:
    """A fitted model, one set of weights for each penalty tried.

    Attributes
    ----------
    grain
        The purchase grain.
    feature_keys
        (n_features,) int64, ascending: which feature each column of the input stands for.
    variants
        One LinearScores for each penalty.
    """

    grain: str
    feature_keys: IntArray
    variants: list[LinearScores]


def fit(windows: Sequence[Frames], classes: Classes, grain: str) -> PurchasesModel | None:
    """Learn, over past windows, which of the classes goes with which purchases.

    Parameters
    ----------
    windows
        Training windows with their labels; only customers with is_training count.
    classes
        The articles to choose among, of the window that will be scored.
    grain
        A key of Frames.purchases.

    Returns
    -------
    PurchasesModel or None
        None when there is nothing to learn from: no customer with a purchase at this grain who
        then bought one of the classes.
    """
    learns = [
        frames.customers[columns.IS_TRAINING].to_numpy(bool) & ~frames.is_new for frames in windows
    ]
    feature_keys = _features(windows, grain, learns)
    x = sparse.vstack([design(frames, grain, feature_keys) for frames in windows], format="csr")
    y = sparse.vstack([classes.targets(frames) for frames in windows], format="csr")
    x, y = x[np.concatenate(learns)], y[np.concatenate(learns)]
    if x[np.diff(y.indptr) > 0].nnz == 0:
        return None
    return PurchasesModel(grain, feature_keys, fit_least_squares(x, y, classes.buyer_share))


def score(fitted: PurchasesModel, frames: Frames, variant: int) -> ScoreArray:
    """Score each customer of the window for each class: (n_customers, n_classes) float32."""
    return fitted.variants[variant].score(design(frames, fitted.grain, fitted.feature_keys))


def design(frames: Frames, grain: str, feature_keys: IntArray) -> sparse.csr_matrix:
    """The input matrix: a row a customer, a column a feature, each row of length one.

    Returns
    -------
    csr_matrix
        (n_customers, n_features) float32. A customer without any of the features is a row of 0.
    """
    purchases = frames.purchases[grain]
    place = pd.Series(np.arange(len(feature_keys)), index=feature_keys)
    found = place.reindex(purchases[columns.FEATURE]).to_numpy(np.float64)
    rows, is_scored = frames.rows_of(purchases[columns.CUSTOMER].to_numpy(np.int64))
    keep = is_scored & ~np.isnan(found)
    weight = purchases[columns.WEIGHT].to_numpy(np.float32)
    x = sparse.csr_matrix(
        (weight[keep], (rows[keep], found[keep].astype(np.int64))),
        shape=(len(frames.customers), len(feature_keys)),
    )
    # normalize() refuses a matrix without rows or columns.
    return normalize(x, copy=False) if min(x.shape) else x


def _features(
    windows: Sequence[Frames], grain: str, learns: Sequence[npt.NDArray[np.bool_]]
) -> IntArray:
    """The MAX_FEATURES features that most customers have whose label may be learnt from."""
    counted = []
    for frames, does_learn in zip(windows, learns, strict=True):
        purchases = frames.purchases[grain]
        rows, keep = frames.rows_of(purchases[columns.CUSTOMER].to_numpy(np.int64))
        keep[keep] = does_learn[rows[keep]]
        counted.append(purchases.loc[keep, columns.FEATURE].value_counts())
    # By number of customers, then by key: a total order, whatever order the rows came in.
    customers_of = pd.concat(counted).groupby(level=0).sum().sort_index()
    chosen = customers_of.sort_values(ascending=False, kind="stable").index[:MAX_FEATURES]
    return np.sort(chosen.to_numpy(np.int64))
