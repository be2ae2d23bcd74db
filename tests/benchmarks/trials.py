"""Try each peer with each of its parameters on each window, and keep the best."""

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models_py.metrics import average_precision
from models_py.ranking import EMPTY, LIST_LENGTH, merge_lists
from tests.benchmarks.inputs import IntArray, Window

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """Something that a user would pick instead.

    Attributes
    ----------
    name
        Of the system in the table.
    kind
        "heuristic" or "library".
    recommend
        recommend(window, **parameters): (n, any) int64 article keys, best first, negative where
        there is none; the rows are those of window.customer_keys.
    parameters
        Those that are tried.
    """

    name: str
    kind: str
    recommend: Callable[..., IntArray]
    parameters: Sequence[Parameters]


@dataclass(frozen=True)
class Trials:
    """What came of it.

    Attributes
    ----------
    tried
        One row per peer and parameters, in the order in which they were given: system, kind,
        parameters (JSON), map_at_12 (mean over the windows), seconds (mean over the windows),
        n_windows, n_failed, failure (the first), is_best.
    scores
        One row per window, customer and peer with its best parameters: window_id, customer_key,
        system, ap.
    """

    tried: pd.DataFrame
    scores: pd.DataFrame


def grid(**values: Sequence[Any]) -> list[Parameters]:
    """Each combination of the values; the last name changes fastest."""
    return [
        dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())
    ]


def run_trials(peers: Sequence[Peer], windows: Iterable[Window]) -> Trials:
    """Score each peer with each of its parameters on each window, and choose by the mean MAP@12.

    The choice looks at the very windows that are reported, which flatters the peers. Lists are
    filled up with last week's best sellers. What fails on a window is recorded, best sellers take
    its place there, and parameters that failed less often are preferred whatever they score.
    """
    rows, scores = [], []
    for window in windows:
        for peer in peers:
            started = time.monotonic()
            for place, parameters in enumerate(peer.parameters):
                row, ap = _try(peer, parameters, window)
                rows.append({"place": place, **row})
                scores.append(ap)
            print(
                f"window {window.window_id}: {peer.name}, {len(peer.parameters)} trials, "
                f"{time.monotonic() - started:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    tried = _summary(pd.DataFrame(rows))
    best = {(row["system"], row["place"]) for row in tried[tried["is_best"]].to_dict("records")}
    kept = [
        ap.assign(system=row["system"])
        for row, ap in zip(rows, scores, strict=True)
        if (row["system"], row["place"]) in best
    ]
    return Trials(tried.drop(columns="place"), pd.concat(kept, ignore_index=True))


def _try(peer: Peer, parameters: Parameters, window: Window) -> tuple[Parameters, pd.DataFrame]:
    failure = ""
    started = time.monotonic()
    try:
        lists = peer.recommend(window, **parameters)
    # What a library raises where there is too little to fit is its own affair, and of no type.
    except Exception as problem:
        failure = f"{type(problem).__name__}: {' '.join(str(problem).split())[:200]}"
        lists = np.full((len(window.customer_keys), LIST_LENGTH), EMPTY, np.int64)
    seconds = time.monotonic() - started
    if window.leaves_out_bought and peer.kind == "library":
        lists = without_bought(lists, window)
    lists = merge_lists(without_repeats(lists), window.best_sellers)
    ap = average_precision(lists, window.label_row, window.label_article)
    frame = pd.DataFrame(
        {"window_id": window.window_id, "customer_key": window.customer_keys, "ap": ap}
    ).dropna()
    return {
        "system": peer.name,
        "kind": peer.kind,
        "parameters": json.dumps(parameters),
        "window_id": window.window_id,
        "map_at_12": frame["ap"].mean(),
        "seconds": seconds,
        "failure": failure,
    }, frame


def without_repeats(lists: IntArray) -> IntArray:
    """Empty each slot whose article stood further up already."""
    order = np.argsort(lists, axis=1, kind="stable")
    ordered = np.take_along_axis(lists, order, axis=1)
    again = np.zeros(lists.shape, np.bool_)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    is_repeat = np.zeros(lists.shape, np.bool_)
    np.put_along_axis(is_repeat, order, again, axis=1)
    return np.where(is_repeat, EMPTY, lists)


def without_bought(lists: IntArray, window: Window) -> IntArray:
    """Empty each slot whose article the customer bought at any time before the cutoff.

    The libraries leave out what is in their input, which is of so many days alone.
    """
    width = 1 + max(lists.max(initial=0), window.purchases["article_key"].max())
    bought = (
        window.purchases["customer_key"].to_numpy() * width
        + window.purchases["article_key"].to_numpy()
    )
    is_bought = np.isin(window.customer_keys[:, None] * width + lists, bought) & (lists >= 0)
    return np.where(is_bought, EMPTY, lists)


def _summary(rows: pd.DataFrame) -> pd.DataFrame:
    def first_failure(texts: pd.Series) -> str:
        return next((text for text in texts if text), "")

    tried = (
        rows.groupby(["system", "kind", "place", "parameters"], sort=False)
        .agg(
            map_at_12=("map_at_12", "mean"),
            seconds=("seconds", "mean"),
            n_windows=("window_id", "nunique"),
            n_failed=("failure", lambda texts: int((texts != "").sum())),
            failure=("failure", first_failure),
        )
        .reset_index()
    )
    # A trial that failed holds the score of best sellers, which is not the peer's: it stands last.
    # Among equals the first is kept.
    ordered = tried.sort_values(["n_failed", "map_at_12"], ascending=[True, False], kind="stable")
    best = ordered.drop_duplicates("system").index
    return tried.assign(is_best=tried.index.isin(best))
