"""The tastes twin: from a customer's favourites, age band and habits to popular articles."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

from models_py import columns
from models_py.frames import Classes, Frames, ScoreArray
from models_py.least_squares import LinearScores, fit_least_squares

# A category of fewer customers than this shares one column with the other rare ones.
MIN_CUSTOMERS = 20
N_BINS = 8


@dataclass(frozen=True)
class TastesModel:
    """A fitted model: how customers are encoded, and weights for each penalty tried."""

    encoder: ColumnTransformer
    variants: list[LinearScores]


def fit(windows: Sequence[Frames], classes: Classes) -> TastesModel | None:
    """Learn, over past windows, which of the classes goes with which customers.

    Parameters
    ----------
    windows
        Training windows with their labels; only customers with is_training and a history count.
    classes
        The articles to choose among, of the window that will be scored.

    Returns
    -------
    TastesModel or None
        None when there is nothing to learn from: no customer with a history who then bought one
        of the classes.
    """
    customers = pd.concat([frames.customers for frames in windows], ignore_index=True)
    y = sparse.vstack([classes.targets(frames) for frames in windows], format="csr")
    learns = (
        customers[columns.IS_TRAINING] & (customers[columns.RECENCY] != columns.NEVER)
    ).to_numpy(bool)
    if y[learns].nnz == 0:
        return None
    encoder = _encoder(customers)
    with warnings.catch_warnings():
        # Amounts that are the same for most customers have fewer distinct quantiles than bins; the
        # bins that are left are what is wanted.
        warnings.filterwarnings("ignore", "Bins whose width are too small", UserWarning)
        warnings.filterwarnings("ignore", "Feature .* is constant", UserWarning)
        encoded = encoder.fit_transform(_inputs(customers[learns]))
    x = sparse.csr_matrix(encoded, dtype=np.float32)
    return TastesModel(encoder, fit_least_squares(x, y[learns], classes.buyer_share))


def score(fitted: TastesModel, frames: Frames, variant: int) -> ScoreArray:
    """Score each customer of the window for each class: (n_customers, n_classes) float32."""
    if frames.customers.empty:
        return np.zeros((0, len(fitted.variants[variant].intercept)), np.float32)
    x = sparse.csr_matrix(fitted.encoder.transform(_inputs(frames.customers)), dtype=np.float32)
    return fitted.variants[variant].score(x)


def _categories(customers: pd.DataFrame) -> list[str]:
    favourites = [
        name
        for name in customers.columns
        if name.startswith(("favourite_", "second_favourite_")) and not name.endswith("_share")
    ]
    return columns.TASTE_CATEGORIES + favourites


def _inputs(customers: pd.DataFrame) -> pd.DataFrame:
    # Hashes of the texts: scikit-learn finds categories among numbers much faster than among texts.
    categories = customers[_categories(customers)].astype(object)
    hashed = categories.where(categories.notna(), "none").apply(hash_pandas_object, index=False)
    # Means of one price differ in their last digits, and bins as narrow as that can't be made.
    amounts = customers[columns.TASTE_AMOUNTS].astype(np.float64).round(6)
    return pd.concat([hashed, amounts], axis=1)


def _encoder(customers: pd.DataFrame) -> ColumnTransformer:
    # A missing amount (no second shopping day, say) becomes -1, below each real one.
    amounts = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True),
        KBinsDiscretizer(N_BINS, encode="onehot", strategy="quantile", subsample=None),
    )
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=MIN_CUSTOMERS, dtype=np.float32
    )
    return ColumnTransformer(
        [
            ("categories", categories, _categories(customers)),
            ("amounts", amounts, columns.TASTE_AMOUNTS),
        ]
    )
