import json
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_py.ranking import EMPTY, LIST_LENGTH
from tests.benchmarks import peers
from tests.benchmarks.compare import compare, text_of, write_json
from tests.benchmarks.heuristics import own_count, own_decayed, own_recency, popular
from tests.benchmarks.inputs import ALL_DAYS, InputError, IntArray, Window, connect, read_windows
from tests.benchmarks.interactions import interactions, lists_of_columns
from tests.benchmarks.trials import (
    Peer,
    Trials,
    grid,
    run_trials,
    without_bought,
    without_repeats,
)

BEST_SELLERS = np.arange(100, 120)
# customer_key, article_key, days_before, n_bought. Customer 1 bought 10 yesterday, 20 thrice at
# once and 30 on two days; customer 3 isn't scored; customer 5 is, and bought nothing.
PURCHASES = [
    (1, 10, 1, 1),
    (1, 20, 40, 3),
    (1, 30, 50, 1),
    (1, 30, 60, 1),
    (3, 40, 2, 9),
    (3, 10, 2, 1),
]


def window(
    purchases: list[tuple[int, int, int, int]] = PURCHASES, labels: tuple[int, int] = (10, 100)
) -> Window:
    columns = ["customer_key", "article_key", "days_before", "n_bought"]
    return Window(
        window_id=1,
        customer_keys=np.array([1, 5]),
        label_row=np.array([0, 1]),
        label_article=np.array(labels),
        purchases=pd.DataFrame(purchases, columns=columns, dtype=np.int64),
        best_sellers=BEST_SELLERS,
        articles=pd.DataFrame({"article_key": [10, 20, 30, 40]}),
        customers=pd.DataFrame({"customer_key": [1, 3, 5]}),
    )


def shown(lists: IntArray, row: int = 0) -> list[int]:
    return [int(key) for key in lists[row] if key != EMPTY]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (own_recency(window(), ALL_DAYS), [10, 20, 30]),
        (own_count(window(), ALL_DAYS, "pieces"), [20, 30, 10]),
        (own_count(window(), ALL_DAYS, "days"), [30, 10, 20]),
        (own_count(window(), 40, "pieces"), [20, 10]),
        (own_count(window(), 39, "pieces"), [10]),
        (own_decayed(window(), ALL_DAYS, 7, "pieces"), [10, 20, 30]),
        (own_decayed(window(), ALL_DAYS, 180, "pieces"), [20, 30, 10]),
        (own_decayed(window(), ALL_DAYS, None, "pieces"), [10, 20, 30]),
        (own_decayed(window(), 40, 180, "pieces"), [20, 10]),
        (own_recency(window(), 1), [10]),
    ],
)
def test_own_history_is_ranked(lists: IntArray, expected: list[int]) -> None:
    assert lists.shape == (2, LIST_LENGTH)
    assert shown(lists) == expected
    assert shown(lists, row=1) == []


def test_own_history_keeps_the_best_twelve() -> None:
    many = [(1, key, 5, key) for key in range(1, 21)]
    assert shown(own_count(window(many), ALL_DAYS, "pieces")) == list(range(20, 8, -1))


def test_popular_counts_pieces_or_buyers() -> None:
    lists = popular(window(), ALL_DAYS, "pieces")
    assert shown(lists) == shown(lists, row=1) == [40, 20, 10, 30]
    assert shown(popular(window(), ALL_DAYS, "buyers"))[0] == 10
    assert shown(popular(window(), 1, "pieces")) == [10]


@given(st.lists(st.integers(EMPTY, 6), min_size=1, max_size=15))
def test_without_repeats_keeps_the_first_of_each(articles: list[int]) -> None:
    kept = shown(without_repeats(np.array([articles], dtype=np.int64)))
    assert kept == [key for key in dict.fromkeys(articles) if key != EMPTY]


def test_interactions_hold_what_was_asked_for() -> None:
    known = interactions(window(), ALL_DAYS, "pieces")
    assert known.customer_keys.tolist() == [1, 3]
    assert known.article_keys.tolist() == [10, 20, 30, 40]
    assert known.matrix.toarray().tolist() == [[1, 3, 2, 0], [1, 0, 0, 9]]
    assert known.row.tolist() == known.place.tolist() == [0]
    assert interactions(window(), ALL_DAYS, "bought").matrix.max() == 1
    assert interactions(window(), ALL_DAYS, "pieces", 2).article_keys.tolist() == [20, 40]
    decayed = interactions(window(), ALL_DAYS, "decayed_30").matrix.toarray()
    assert decayed[0] == pytest.approx(
        [np.exp(-1 / 30), 3 * np.exp(-40 / 30), np.exp(-50 / 30) + np.exp(-2.0), 0]
    )


def test_interactions_that_reach_no_customer_of_the_window_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing was bought"):
        interactions(window([]), ALL_DAYS, "bought")
    with pytest.raises(ValueError, match="no customer of the window"):
        interactions(window(PURCHASES[4:]), ALL_DAYS, "bought")


def test_columns_become_articles_of_their_customers() -> None:
    known = interactions(window(), ALL_DAYS, "pieces")
    columns, is_found = np.array([[3, -1, 0]]), np.array([[True, False, True]])
    lists = lists_of_columns(window(), known, columns, is_found)
    assert lists[0, :3].tolist() == [40, EMPTY, 10]
    assert shown(lists, row=1) == []


def with_article(window: Window, article: int) -> IntArray:
    return np.full((len(window.customer_keys), 3), article)


def broken(window: Window, article: int) -> IntArray:
    if article == 0:
        raise ZeroDivisionError("nothing\nto fit")
    return with_article(window, article)


def test_trials_fill_up_and_keep_the_best_parameters() -> None:
    # Customer 1 bought 10, customer 5 the best seller, which stands behind the one that is tried.
    peer = Peer("one", "heuristic", with_article, grid(article=[77, 10, 78]))
    trials = run_trials([peer], [window()])
    assert trials.tried["map_at_12"].tolist() == [0.25, 0.75, 0.25]
    assert trials.tried["is_best"].tolist() == [False, True, False]
    assert trials.scores.to_dict("records") == [
        {"window_id": 1, "customer_key": 1, "ap": 1.0, "system": "one"},
        {"window_id": 1, "customer_key": 5, "ap": 0.5, "system": "one"},
    ]


def test_libraries_can_be_told_to_leave_out_what_was_bought() -> None:
    """At any time, also before the days that they look at."""

    def everything(_: Window) -> IntArray:
        return np.array([[30, 99, 10, 40], [10, EMPTY, 40, 20]])

    told = replace(window(labels=(99, 40)), leaves_out_bought=True)
    assert without_bought(everything(told), told).tolist() == [
        [EMPTY, 99, EMPTY, 40],
        [10, EMPTY, 40, 20],
    ]
    peers = [Peer(kind, kind, everything, [{}]) for kind in ("library", "heuristic")]
    for asked, expected in (
        (told, [1, 1 / 2, 1 / 2, 1 / 2]),
        (replace(told, leaves_out_bought=False), [1 / 2] * 4),
    ):
        assert run_trials(peers, [asked]).scores["ap"].tolist() == expected


def test_what_fails_is_reported_and_replaced_by_best_sellers() -> None:
    trials = run_trials([Peer("one", "library", broken, grid(article=[0]))], [window()])
    assert trials.tried.loc[0, "failure"] == "ZeroDivisionError: nothing to fit"
    assert trials.tried.loc[0, "n_failed"] == 1
    assert trials.scores["ap"].tolist() == [0, 1]


def test_parameters_that_fail_are_not_the_best_however_well_best_sellers_do() -> None:
    trials = run_trials([Peer("one", "library", broken, grid(article=[0, 77]))], [window()])
    assert trials.tried["map_at_12"].tolist() == [0.5, 0.25]
    assert trials.tried["is_best"].tolist() == [False, True]


def test_trials_are_read_as_they_were_written(tmp_path: Path) -> None:
    trials = run_trials([Peer("one", "library", broken, grid(article=[0, 77]))], [window()])
    peers.write(trials, tmp_path / "it's new")
    read = peers.read(tmp_path / "it's new")
    pd.testing.assert_frame_equal(read.tried, trials.tried)
    pd.testing.assert_frame_equal(read.scores, trials.scores, check_like=True, check_dtype=False)
    with pytest.raises(InputError, match=r"peers\.$"):
        peers.read(tmp_path)


DATABASE = """
create table windows as select 1 as window_id, date '2020-03-01' as cutoff_on,
    date '2020-01-01' as history_from, true as is_backtest;
create table stg_articles as select 1 as article_key;
create table stg_customers as select unnest([7, 8]) as customer_key;
create table window_customers as select 1 as window_id, 7 as customer_key;
create table window_labels as select 1 as window_id, 7 as customer_key, 3 as article_key;
create table cand_popular_overall as
    select 1 as window_id, unnest([5, 6]) as article_key, unnest([2, 1]) as source_rank;
create table stg_transactions as select * from (values
    (date '2019-12-31', 7, 10, 1), (date '2020-01-01', 7, 11, 1),
    (date '2020-02-29', 8, 12, 2), (date '2020-02-29', 8, 12, 1),
    (date '2020-03-01', 7, 13, 1)
) as t (sold_on, customer_key, article_key, quantity);
"""


def test_a_window_knows_its_history_alone(tmp_path: Path) -> None:
    path = tmp_path / "hm.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(DATABASE)
    with connect(path) as connection:
        (only,) = read_windows(connection)
        (told,) = read_windows(connection, leaves_out_bought=True)
    assert (only.leaves_out_bought, told.leaves_out_bought) == (False, True)
    # The first day of the history is in, the cutoff and the day before the history are not.
    assert only.purchases.to_numpy().tolist() == [[7, 11, 60, 1], [8, 12, 1, 3]]
    assert only.customer_keys.tolist() == [7]
    assert (only.label_row.tolist(), only.label_article.tolist()) == ([0], [3])
    assert only.best_sellers.tolist() == [6, 5]


def test_a_file_that_is_no_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        connect(tmp_path / "hm.duckdb")
    with duckdb.connect() as empty, pytest.raises(InputError, match="not a finished build"):
        next(read_windows(empty))


def scores_of(ap: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"window_id": 1, "customer_key": key, "system": system, "ap": value}
            for system, values in ap.items()
            for key, value in enumerate(values)
        ]
    )


def tried_of(kinds: dict[str, str], n_failed: dict[str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "system": system,
                "kind": kind,
                "parameters": '{"k": 5}',
                "seconds": 1.5,
                "n_failed": n_failed.get(system, 0),
                "failure": "ValueError: too little" if n_failed.get(system) else "",
                "is_best": True,
            }
            for system, kind in kinds.items()
        ]
    )


OURS = scores_of({"baseline": [0.1, 0.1], "hybrid": [0.6, 0.2]})
PEERS = Trials(
    tried_of({"knn": "library", "als": "library", "own": "heuristic"}, {"als": 1}),
    scores_of({"knn": [0.2, 0.2], "als": [0.5, 0.5], "own": [0.9, 0.7]}),
)


def test_the_exported_system_is_held_against_the_best_of_each_kind(tmp_path: Path) -> None:
    comparison = compare(OURS, PEERS, "hybrid", seconds=3.0, n_bootstrap=50)
    # als failed on the one window there is: its best sellers are not the best library.
    library, heuristic = comparison.against
    assert (library.system, heuristic.system) == ("knn", "own")
    assert library.ratio == pytest.approx(2.0)
    assert library.difference == pytest.approx(0.2)
    assert library.difference_low <= library.difference <= library.difference_high
    assert heuristic.ratio == pytest.approx(0.5)
    assert heuristic.difference == pytest.approx(-0.4)
    assert comparison.systems["system"].tolist() == ["own", "als", "hybrid", "knn", "baseline"]
    text = text_of(comparison)
    assert "als could not be fitted in 1 of 1 windows" in text
    assert "hybrid is 0.500 times the best heuristic, own" in text
    write_json(comparison, tmp_path / "table.json")
    written = json.loads((tmp_path / "table.json").read_text())
    assert written["systems"][0]["parameters"] == {"k": 5}
    assert written["systems"][0]["by_window"] == {"1": pytest.approx(0.8)}


def test_scores_of_other_customers_are_not_compared() -> None:
    with pytest.raises(InputError, match="1 customers of a window were scored by only one side"):
        compare(OURS[OURS["customer_key"] == 0], PEERS, "hybrid")
    with pytest.raises(InputError, match="no scores of 'ranker'"):
        compare(OURS, PEERS, "ranker")
