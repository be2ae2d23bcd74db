"""Small windows for the tests: frames in the shape and with the dtypes that the warehouse gives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models_py.frames import Classes, Frames, Pairs
from models_py.systems import BASELINE, POPULAR_PER_BASKET

WITHIN = "within 30 days"
NEVER = "never"

# (customer_key, feature_key, purchase_weight)
Purchase = tuple[int, int, float]

DEFAULTS: dict[str, Any] = {
    "is_training": True,
    "age_band": "25-29",
    "is_fn": False,
    "is_active": True,
    "club_member_status": "ACTIVE",
    "fashion_news_frequency": "NONE",
    "recency": WITHIN,
    "n_shopping_days": 3,
    "n_bought": 5,
    "n_bought_28d": 1,
    "days_since_last_bought": 10,
    "days_since_first_bought": 200,
    "mean_days_between": 30.0,
    "spend": 0.5,
    "mean_price": 0.1,
    "online_share": 0.5,
    "favourite_colour": "Black",
    "second_favourite_colour": "White",
    "favourite_colour_share": 0.75,
}
INTEGERS = ["n_shopping_days", "n_bought", "n_bought_28d"]
NULLABLE_INTEGERS = ["days_since_last_bought", "days_since_first_bought"]
# What there is of a customer without history.
UNKNOWN: dict[str, Any] = {
    "recency": NEVER,
    **dict.fromkeys(INTEGERS, 0),
    **dict.fromkeys(NULLABLE_INTEGERS),
    **dict.fromkeys(["mean_days_between", "spend", "mean_price", "online_share"]),
    **dict.fromkeys([name for name in DEFAULTS if "favourite_" in name]),
}


def make_customers(keys: Sequence[int], **given: Any) -> pd.DataFrame:
    """Rows of abt_customers for these keys, ascending; `given` has a value or one a row.

    A customer whose recency is 'never' has no other history either.
    """
    n = len(keys)
    values = {name: _one_a_row(value, n) for name, value in {**DEFAULTS, **given}.items()}
    for row, recency in enumerate(values["recency"]):
        if recency == NEVER:
            for name, value in UNKNOWN.items():
                if name not in given or name == "recency":
                    values[name][row] = value
    table = pd.DataFrame({"customer_key": np.array(keys, np.int32), **values})
    kinds = {
        name: "bool" if isinstance(value, bool) else "str" if isinstance(value, str) else "float64"
        for name, value in DEFAULTS.items()
    }
    kinds |= dict.fromkeys(INTEGERS, "int32") | dict.fromkeys(NULLABLE_INTEGERS, "Int32")
    return table.astype(kinds)


def make_frames(
    customers: pd.DataFrame,
    purchases: Mapping[str, Iterable[Purchase]] | None = None,
    labels: Iterable[tuple[int, int]] = (),
    popular: Iterable[tuple[str, int, int]] = (),
    window_id: int = 1,
) -> Frames:
    """Frames from plain tuples: purchases by grain, labels (customer, article), popular rows."""
    return Frames(
        window_id=window_id,
        customers=customers,
        purchases={grain: _purchases(rows) for grain, rows in (purchases or {}).items()},
        labels=_table(labels, {"customer_key": "int32", "article_key": "int32"}),
        popular=_table(
            popular, {"age_band": "str", "article_key": "int32", "source_rank": "int32"}
        ),
    )


def make_classes(
    article_keys: Sequence[int], buyer_share: Sequence[float] | None = None
) -> Classes:
    """Classes, best seller first; without shares, ones that fall by place."""
    shares = 0.3 / np.arange(1, len(article_keys) + 1) if buyer_share is None else buyer_share
    return Classes(np.array(article_keys, np.int64), np.array(shares, np.float64))


def make_pairs(
    customer_keys: Any, article_keys: Any, features: Any, names: list[str], is_bought: Any = None
) -> Pairs:
    """Pairs with the dtypes that the warehouse gives; nothing is bought if not told."""
    customer_keys = np.asarray(customer_keys, np.int64)
    bought = np.zeros(len(customer_keys)) if is_bought is None else np.asarray(is_bought, float)
    n_bought = np.bincount(customer_keys, bought)[customer_keys] if len(bought) else bought
    return Pairs(
        customer_keys,
        np.asarray(article_keys, np.int64),
        np.asarray(features, np.float32),
        names,
        np.asarray(bought / np.clip(n_bought, 1, 12), np.float32),
    )


def with_labels(frames: Frames, labels: Iterable[tuple[int, int]]) -> Frames:
    """The same window with another label."""
    return replace(frames, labels=make_frames(frames.customers, labels=labels).labels)


def with_purchases(frames: Frames, grain: str, rows: Iterable[Purchase]) -> Frames:
    """The same window with other purchases at this grain."""
    return replace(frames, purchases={**frames.purchases, grain: _purchases(rows)})


def _one_a_row(value: Any, n: int) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value] * n


def _purchases(rows: Iterable[Purchase]) -> pd.DataFrame:
    return _table(
        rows, {"customer_key": "int32", "feature_key": "int32", "purchase_weight": "float64"}
    )


def _table(rows: Iterable[tuple[Any, ...]], kinds: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(kinds)).astype(kinds)


GRAINS = ["department", "article"]
N_GROUPS = 4
# All articles that are known, the best seller first; the first sixteen are the classes.
OVERALL = np.arange(30, 0, -1)
FOR_EVERYONE = {BASELINE: OVERALL, POPULAR_PER_BASKET: np.roll(OVERALL, 9)}
AGE_BANDS = ["up to 19", "25-29", "60 and over"]


def make_world(window_id: int, n: int = 240, share_new: float = 0.15) -> Frames:
    """A window in which customers of a group buy the same articles, week after week.

    A customer's group shows in both what they bought and their favourite colour. Customers of the
    last age band have no best sellers of their own.
    """
    rng = np.random.default_rng(window_id)
    keys = np.sort(rng.choice(np.arange(1, 4 * n), n, replace=False))
    group = rng.integers(0, N_GROUPS, n)
    is_new = rng.random(n) < share_new
    purchases: dict[str, list[Purchase]] = {grain: [] for grain in GRAINS}
    labels: list[tuple[int, int]] = []
    for key, its_group, is_unknown in zip(keys.tolist(), group.tolist(), is_new, strict=True):
        if not is_unknown:
            for feature in sorted({its_group, int(rng.integers(0, 8))}):
                weight = float(np.log1p(rng.integers(1, 6)))
                purchases["department"].append((key, 100 + feature, weight))
            for article in np.unique(rng.integers(0, 3, 2)).tolist():
                purchases["article"].append((key, 10 * its_group + article, float(np.log(2))))
        own = 15 + 4 * its_group + rng.choice(4, rng.integers(1, 3), replace=False)
        labels += [(key, int(article)) for article in own]
        if rng.random() < 0.5:
            labels.append((key, int(rng.integers(1, 15))))
    colours = ["Black", "White", "Red", "Blue"]
    customers = make_customers(
        keys.tolist(),
        recency=np.where(is_new, NEVER, WITHIN).astype(object),
        age_band=rng.choice(AGE_BANDS, n),
        favourite_colour=[
            None if new else colours[g] for new, g in zip(is_new, group, strict=True)
        ],
        n_bought=np.where(is_new, 0, rng.integers(1, 40, n)),
        days_since_last_bought=[None if new else int(rng.integers(1, 90)) for new in is_new],
    )
    popular = [
        (band, int(article), rank)
        for place, band in enumerate(AGE_BANDS[:2])
        for rank, article in enumerate(np.roll(OVERALL, 3 + place)[:14], 1)
    ]
    return make_frames(customers, purchases, labels, popular, window_id)


def world_classes() -> Classes:
    """The classes of each window of `make_world`, of about the same popularity."""
    return make_classes(OVERALL[:16].tolist(), (0.1 - 0.001 * np.arange(16)).tolist())


def part_of(frames: Frames, is_kept: np.ndarray) -> Frames:
    """The window with some of its customers alone, as a shard of it is read."""
    keys = frames.customer_keys[is_kept]

    def among(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[rows["customer_key"].isin(keys)].reset_index(drop=True)

    return replace(
        frames,
        customers=frames.customers[is_kept].reset_index(drop=True),
        purchases={grain: among(rows) for grain, rows in frames.purchases.items()},
        labels=among(frames.labels),
    )
