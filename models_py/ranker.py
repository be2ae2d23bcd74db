"""The ranker: gradient-boosted trees that order a customer's candidates (LightGBM, lambdarank)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from models_py import database
from models_py.frames import IntArray, Pairs, ScoreArray

# Numbers of trees among which the windows before the scored one choose (early stopping).
N_TREES = (20, 40, 60)
DEFAULT_VARIANT = 2
# Where fewer customers teach, there are so many times as many trees, which learn so much slower:
# more time for less noise (docs/experiments.md).
FEW_CUSTOMERS = 6_000
SLOWER = 2
# Sizes of the trees among which the oldest window chooses.
N_LEAVES = (31, 7)
# Fewer customers than this teach no order.
MIN_CUSTOMERS = 100

PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    # Pairs are looked at as far down as positives matter for a list of twelve, and somewhat on.
    "lambdarank_truncation_level": 30,
    "learning_rate": 0.12,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "seed": 1,
    "deterministic": True,
    # Coarser histograms from fewer rows: faster, and no less accurate (docs/experiments.md).
    "max_bin": 63,
    "bin_construct_sample_cnt": 50_000,
    # Said, so that LightGBM does not time both ways; where rows are many this is the faster one.
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Ranker:
    """A fitted ranker.

    Attributes
    ----------
    booster
        LightGBM's model.
    names
        Its features, in order.
    n_trees
        Numbers of trees that can be asked for: N_TREES, or SLOWER times these.
    machine_code
        By place in n_trees, what gives the same scores faster (`machine_code.compiled`).
    """

    booster: lgb.Booster
    names: list[str]
    n_trees: tuple[int, ...] = N_TREES
    machine_code: Mapping[int, Callable[[Pairs], npt.NDArray[np.float64]]] = field(
        default_factory=dict
    )


def fit(training: Sequence[Pairs], n_leaves: int = N_LEAVES[0]) -> Ranker | None:
    """Learn to order candidates from past windows.

    The objective is LambdaMART's (Burges, "From RankNet to LambdaRank to LambdaMART", Microsoft
    Research, 2010): pairs of a bought and an unbought candidate of one customer, weighted by what
    exchanging the two would change in the NDCG.

    Parameters
    ----------
    training
        Rows of abt_ranker, a Pairs a window.
    n_leaves
        Most leaves of a tree.

    Returns
    -------
    Ranker or None
        None when there are fewer than MIN_CUSTOMERS customers to learn from.
    """
    training = [pairs for pairs in training if len(pairs.customer_keys)]
    groups = [_group_sizes(pairs.customer_keys) for pairs in training]
    n_customers = sum(len(sizes) for sizes in groups)
    if n_customers < MIN_CUSTOMERS:
        return None
    label = np.concatenate([pairs.is_bought for pairs in training]).astype(np.float32)
    parameters = {**PARAMETERS, "num_leaves": n_leaves}
    return boost(parameters, training, label, n_customers, np.concatenate(groups))


def boost(
    parameters: dict[str, Any],
    training: Sequence[Pairs],
    label: npt.NDArray[np.float32],
    n_customers: int,
    groups: npt.NDArray[np.int64] | None = None,
) -> Ranker:
    """Fit trees to a label of all pairs, in their order; groups are the sizes of queries.

    How many trees, and how fast they learn, follows from how many customers the pairs are of.
    """
    slower = SLOWER if n_customers < FEW_CUSTOMERS else 1
    n_trees = tuple(slower * n for n in N_TREES)
    parameters = {
        **parameters,
        "learning_rate": parameters["learning_rate"] / slower,
        "num_threads": database.n_threads(),
    }
    data = lgb.Dataset(
        [pairs.features for pairs in training],
        label=label,
        group=groups,
        feature_name=training[0].names,
        params=parameters,
    )
    booster = lgb.train(parameters, data, num_boost_round=max(n_trees))
    booster.free_dataset()
    return Ranker(booster, training[0].names, n_trees)


def score(fitted: Ranker, pairs: Pairs, variants: Sequence[int]) -> list[ScoreArray]:
    """Score each pair with the first so many trees.

    Parameters
    ----------
    fitted
        What `fit` returned.
    pairs
        Rows of abt_candidates.
    variants
        Places in the ranker's n_trees, ascending.

    Returns
    -------
    list of float32 arrays
        (n_pairs,) for each variant; higher is better within a customer.
    """
    if len(variants) == 1 and variants[0] in fitted.machine_code:
        return [fitted.machine_code[variants[0]](pairs).astype(np.float32)]
    found: list[ScoreArray] = []
    total = np.zeros(len(pairs.customer_keys))
    done = 0
    for variant in variants:
        if len(total):
            total = total + np.asarray(
                fitted.booster.predict(
                    pairs.features,
                    start_iteration=done,
                    num_iteration=fitted.n_trees[variant] - done,
                    raw_score=True,
                    num_threads=database.n_threads(),
                )
            )
        done = fitted.n_trees[variant]
        found.append(total.astype(np.float32))
    return found


def used_features(fitted: Ranker, variant: int) -> list[str]:
    """The features that the first so many trees look at; scores depend on no other."""
    found = importance(fitted, variant)
    return [str(name) for name in found.loc[found["n_splits"] > 0, "feature_name"]]


def importance(fitted: Ranker, variant: int) -> pd.DataFrame:
    """What each feature brought to the first so many trees.

    Returns
    -------
    DataFrame
        feature_name, gain_share (of the total gain of the splits, 0 to 1), n_splits; in the order
        of the features.
    """
    n_trees = fitted.n_trees[variant]
    gain = fitted.booster.feature_importance("gain", iteration=n_trees)
    splits = fitted.booster.feature_importance("split", iteration=n_trees)
    return pd.DataFrame(
        {
            "feature_name": fitted.names,
            "gain_share": gain / max(float(gain.sum()), 1e-300),
            "n_splits": splits.astype(np.int32),
        }
    )


def _group_sizes(customer_keys: IntArray) -> npt.NDArray[np.int64]:
    """How many rows each customer has; rows of one customer stand together."""
    starts = np.flatnonzero(np.diff(customer_keys, prepend=-1))
    return np.diff(np.append(starts, len(customer_keys)))
