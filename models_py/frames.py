"""The tables of one window, as a model receives them."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from models_py import columns

IntArray = npt.NDArray[np.int64]
ScoreArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Frames:
    """Rows of the abt tables for some customers of one window.

    Attributes
    ----------
    window_id
        Which window.
    customers
        Rows of abt_customers in the order of customer_key: what each row of a score stands for.
    purchases
        By purchase grain, the rows of abt_purchases: customer_key, feature_key, purchase_weight.
    labels
        Rows of window_labels: customer_key, article_key. Empty for the submission window.
    popular
        Rows of cand_popular_age_band: age_band, article_key, source_rank.
    """

    window_id: int
    customers: pd.DataFrame
    purchases: dict[str, pd.DataFrame]
    labels: pd.DataFrame
    popular: pd.DataFrame

    def take(self, kept: npt.NDArray[np.bool_]) -> "Frames":
        """The same window with some of its customers: those where `kept` is true."""
        return replace(self, customers=self.customers[kept].reset_index(drop=True))

    @property
    def customer_keys(self) -> IntArray:
        """customer_key of each row, ascending, int64."""
        return self.customers[columns.CUSTOMER].to_numpy(np.int64)

    @property
    def is_new(self) -> npt.NDArray[np.bool_]:
        """True where the customer has no history in this window."""
        return (self.customers[columns.RECENCY] == columns.NEVER).to_numpy(bool)

    def rows_of(self, customer_keys: IntArray) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """Row of each given customer_key, and whether it is among these customers at all."""
        known = self.customer_keys
        if len(known) == 0:
            return np.zeros(len(customer_keys), np.int64), np.zeros(len(customer_keys), bool)
        rows = np.minimum(np.searchsorted(known, customer_keys), len(known) - 1)
        return rows, known[rows] == customer_keys

    def label_pairs(self) -> tuple[IntArray, IntArray]:
        """The label as row of the customer and article_key, of these customers alone."""
        rows, is_scored = self.rows_of(self.labels[columns.CUSTOMER].to_numpy(np.int64))
        return rows[is_scored], self.labels[columns.ARTICLE].to_numpy(np.int64)[is_scored]


@dataclass(frozen=True)
class Pairs:
    """Pairs of a customer and an article of one window, and what is known of each.

    Attributes
    ----------
    customer_keys, article_keys
        (n_pairs,) int64. In training, ascending by customer, then article.
    features
        (n_pairs, n_features) float32; NaN where missing.
    names
        Of the features, in the order of the columns.
    bought_share
        (n_pairs,) float32, in training alone: 1 / min(articles that the customer bought in the
        label, 12) where it is one of them, else 0.
    """

    customer_keys: IntArray
    article_keys: IntArray
    features: npt.NDArray[np.float32]
    names: list[str]
    bought_share: npt.NDArray[np.float32]

    @property
    def is_bought(self) -> npt.NDArray[np.bool_]:
        """(n_pairs,) bool: whether it was bought in the label."""
        return self.bought_share > 0

    def take(self, kept: npt.NDArray[np.bool_] | IntArray) -> "Pairs":
        """Some of the pairs: (n_pairs,) bool, or the places of those that are kept."""
        return Pairs(
            self.customer_keys[kept],
            self.article_keys[kept],
            self.features[kept],
            self.names,
            self.bought_share[kept],
        )


@dataclass(frozen=True)
class Classes:
    """The articles among which the twin models choose in one window, best seller first.

    Attributes
    ----------
    article_keys
        (n_classes,) int64; from the window's history, never from its label.
    buyer_share
        (n_classes,) float64: the share of the last best_seller_days' customers who bought it.
    """

    article_keys: IntArray
    buyer_share: npt.NDArray[np.float64]

    def targets(self, frames: Frames) -> sparse.csr_matrix:
        """Which class each customer bought in the label: (n_customers, n_classes) of 0 and 1."""
        rows, articles = frames.label_pairs()
        place = pd.Series(np.arange(len(self.article_keys)), index=self.article_keys)
        found = place.reindex(articles).to_numpy(np.float64)
        keep = ~np.isnan(found)
        return sparse.csr_matrix(
            (np.ones(int(keep.sum()), np.float32), (rows[keep], found[keep].astype(np.int64))),
            shape=(len(frames.customers), len(self.article_keys)),
        )
