from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from models_py.evaluation import (
    BLOCK,
    MIN_CUSTOMERS,
    OUTPUT_COLUMNS,
    _replicates,
    _weight_blocks,
    evaluate,
    without_narrow_intervals,
)

Frames = tuple[pd.DataFrame, pd.DataFrame]
FIGURES = OUTPUT_COLUMNS[5:]


def made_up(
    customers: dict[int, Any],
    systems: tuple[str, ...] = ("baseline", "ranker"),
    seed: int = 0,
) -> Frames:
    """Scores and slices of the customers of each window; a customer's weeks resemble each other."""
    rng = np.random.default_rng(seed)
    ability = rng.random(1 + max(max(keys) for keys in customers.values()))
    scores, slices = [], []
    for window, keys in customers.items():
        keys = np.asarray(keys)
        slices.append(
            pd.DataFrame(
                {
                    "window_id": window,
                    "customer_key": keys,
                    "recency_slice": np.where(keys % 3 == 0, "recent", "lapsed"),
                    "age_band": np.array(["16-24", "25-34", "35-"])[keys % 7 % 3],
                }
            )
        )
        for system in systems:
            ap = ability[keys] * rng.random(len(keys)) * (rng.random(len(keys)) < 0.5)
            scores.append(
                pd.DataFrame(
                    {"window_id": window, "customer_key": keys, "system": system, "ap": ap}
                )
            )
    return pd.concat(scores, ignore_index=True), pd.concat(slices, ignore_index=True)


def pick(
    result: pd.DataFrame, system: str, window: int | None, kind: str = "all", value: str = "all"
) -> Any:
    is_window = result["window_id"].isna() if window is None else result["window_id"].eq(window)
    row = result[
        is_window.fillna(False)
        & (result["system"] == system)
        & (result["slice_kind"] == kind)
        & (result["slice_value"] == value)
    ]
    assert len(row) == 1
    return row.iloc[0]


def test_estimates_equal_a_group_by() -> None:
    ap, slices = made_up({1: range(0, 80), 2: range(40, 100), 5: range(90, 150)})
    result = evaluate(ap, slices, n_bootstrap=3)
    joined = ap.merge(slices, on=["window_id", "customer_key"]).assign(all="all")
    n_rows = 0
    for kind in ("all", "recency_slice", "age_band"):
        by_window: Any = joined.groupby(["system", kind, "window_id"])["ap"].agg(["mean", "count"])
        for (system, value, window), row in by_window.iterrows():
            found = pick(result, system, window, kind, value)
            assert_allclose(found["map_at_12"], row["mean"])
            assert found["n_customers"] == row["count"]
            n_rows += 1
        for (system, value), mean in by_window["mean"].groupby(["system", kind]).mean().items():
            found = pick(result, system, None, kind, value)
            assert_allclose(found["map_at_12"], mean)
            is_member = (joined["system"] == system) & (joined[kind] == value)
            assert found["n_customers"] == joined.loc[is_member, "customer_key"].nunique()
            n_rows += 1
    assert len(result) == n_rows
    for _, row in result.iterrows():
        base = pick(
            result,
            "baseline",
            None if pd.isna(row["window_id"]) else row["window_id"],
            row["slice_kind"],
            row["slice_value"],
        )
        assert_allclose(row["difference"], row["map_at_12"] - base["map_at_12"], atol=1e-15)


def test_columns_and_order() -> None:
    ap, slices = made_up({4: range(9), 2: range(9)}, systems=("tastes", "baseline"))
    slices["recency_slice"] = pd.Categorical(
        slices["recency_slice"], ["recent", "lapsed", "never"], ordered=True
    )
    result = evaluate(ap, slices, n_bootstrap=5)
    assert list(result.columns) == OUTPUT_COLUMNS
    assert result["window_id"].dtype == "Int64"
    assert result["n_customers"].dtype == "int64"
    names = [
        ("all", "all"),
        ("recency_slice", "recent"),
        ("recency_slice", "lapsed"),
        ("age_band", "16-24"),
        ("age_band", "25-34"),
        ("age_band", "35-"),
    ]
    expected = [
        (system, window, *name)
        for system in ("tastes", "baseline")
        for window in (2, 4, -1)
        for name in names
    ]
    found = result.assign(window_id=result["window_id"].fillna(-1))
    columns = ["system", "window_id", "slice_kind", "slice_value"]
    assert list(found[columns].itertuples(index=False, name=None)) == expected


def test_an_equal_system_differs_by_exactly_0() -> None:
    ap, slices = made_up({1: range(200), 2: range(100, 300)})
    twin = ap[ap["system"] == "baseline"].assign(system="twin")
    result = evaluate(pd.concat([ap, twin]), slices, n_bootstrap=100)
    columns = ["difference", "difference_low", "difference_high"]
    for system in ("baseline", "twin"):
        assert (result.loc[result["system"] == system, columns] == 0).all(axis=None)
    assert (result.loc[result["system"] == "ranker", columns] != 0).any(axis=None)


def test_a_shift_moves_the_difference_by_as_much_and_gives_it_no_width() -> None:
    ap, slices = made_up({1: range(200), 2: range(100, 300)}, systems=("baseline",))
    ap["ap"] *= 0.5
    shifted = ap.assign(system="shifted", ap=ap["ap"] + 0.25)
    result = evaluate(pd.concat([ap, shifted]), slices, n_bootstrap=100)
    base, moved = (result[result["system"] == system] for system in ("baseline", "shifted"))
    for column in ("difference", "difference_low", "difference_high"):
        assert_allclose(moved[column], 0.25, atol=2e-9)
    for column in ("map_at_12", "map_at_12_low", "map_at_12_high"):
        assert_allclose(moved[column].to_numpy(), base[column].to_numpy() + 0.25, atol=2e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_no_bit(seed: int) -> None:
    ap, slices = made_up({1: range(60), 2: range(30, 90)})
    expected = evaluate(ap, slices, n_bootstrap=70)
    moved_ap = ap.sample(frac=1, random_state=seed)
    moved_slices = slices.sample(frac=1, random_state=seed)
    moved = evaluate(moved_ap, moved_slices, n_bootstrap=70)
    if moved_ap["system"].iloc[0] != "baseline":
        moved = pd.concat(
            [moved[moved["system"] == name] for name in ("baseline", "ranker")], ignore_index=True
        )
    assert_frame_equal(moved, expected, check_exact=True)


def test_keys_matter_by_their_order_alone() -> None:
    ap, slices = made_up({1: range(60), 2: range(30, 90)})
    expected = evaluate(ap, slices, n_bootstrap=70)
    spread = [frame.assign(customer_key=frame["customer_key"] * 1000 - 7) for frame in (ap, slices)]
    assert_frame_equal(evaluate(spread[0], spread[1], n_bootstrap=70), expected, check_exact=True)


def test_other_keys_for_the_same_customers_change_intervals_by_chance_alone() -> None:
    ap, slices = made_up({1: range(600), 2: range(300, 900)})
    new_key = np.random.default_rng(1).permutation(900)
    renamed = [frame.assign(customer_key=new_key[frame["customer_key"]]) for frame in (ap, slices)]
    expected, found = evaluate(ap, slices), evaluate(renamed[0], renamed[1])
    assert_allclose(found["map_at_12"], expected["map_at_12"])
    assert_allclose(found["difference"], expected["difference"], atol=1e-15)
    assert not found["map_at_12_low"].equals(expected["map_at_12_low"])
    for name in ("map_at_12", "difference"):
        width = expected[f"{name}_high"] - expected[f"{name}_low"]
        for end in ("low", "high"):
            moved = (found[f"{name}_{end}"] - expected[f"{name}_{end}"]).abs()
            assert (moved <= 0.2 * width).all()


def test_intervals_bracket_the_estimate() -> None:
    ap, slices = made_up({1: range(300), 2: range(100, 400)}, systems=("a", "baseline", "b"))
    result = evaluate(ap, slices)
    for name in ("map_at_12", "difference"):
        assert (result[f"{name}_low"] <= result[name]).all()
        assert (result[name] <= result[f"{name}_high"]).all()
    others = result[result["system"] != "baseline"]
    assert (others["difference_low"] < others["difference_high"]).all()


def test_the_width_is_that_of_the_normal_approximation() -> None:
    ap, slices = made_up({1: range(4000)})
    row = pick(evaluate(ap, slices), "ranker", 1)
    wide = ap.pivot(index="customer_key", columns="system", values="ap")
    for name, values in (
        ("map_at_12", wide["ranker"]),
        ("difference", wide["ranker"] - wide["baseline"]),
    ):
        expected = 2 * 1.96 * values.std() / np.sqrt(len(values))
        assert_allclose(row[f"{name}_high"] - row[f"{name}_low"], expected, rtol=0.1)


def test_a_customer_has_one_weight_in_all_windows() -> None:
    ap, slices = made_up({1: range(400)})
    # The same week four times tells no more than once: the interval must not shrink.
    repeated = [
        pd.concat([frame.assign(window_id=window) for window in range(4)]) for frame in (ap, slices)
    ]
    result = evaluate(repeated[0], repeated[1], n_bootstrap=200)
    week, mean = pick(result, "ranker", 0), pick(result, "ranker", None)
    assert_allclose(week[FIGURES].astype(float), mean[FIGURES].astype(float))
    # The same scores by other customers each week do tell more: by the root of 4.
    others = [
        frame.assign(customer_key=frame["customer_key"] + 400 * frame["window_id"])
        for frame in repeated
    ]
    result = evaluate(others[0], others[1], n_bootstrap=200)
    week, mean = pick(result, "ranker", 0), pick(result, "ranker", None)
    ratio = (mean["map_at_12_high"] - mean["map_at_12_low"]) / (
        week["map_at_12_high"] - week["map_at_12_low"]
    )
    assert 0.4 < ratio < 0.6


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    n_draws, n_customers = 200, 150
    covered = {"map_at_12": 0, "difference": 0}
    for draw in range(n_draws):
        rng = np.random.default_rng(draw)
        base = rng.beta(0.5, 2, n_customers)
        gain = rng.random(n_customers) * 0.2
        keys = np.arange(n_customers)
        ap = pd.DataFrame(
            {
                "window_id": 1,
                "customer_key": np.tile(keys, 2),
                "system": np.repeat(["baseline", "better"], n_customers),
                "ap": np.concatenate([base, base * 0.8 + gain]),
            }
        )
        slices = pd.DataFrame({"window_id": 1, "customer_key": keys})
        row = pick(evaluate(ap, slices, n_bootstrap=200, seed=draw), "better", 1)
        # A beta(0.5, 2) has mean 0.2, the gain 0.1.
        for name, truth in (("map_at_12", 0.8 * 0.2 + 0.1), ("difference", 0.1 - 0.2 * 0.2)):
            covered[name] += row[f"{name}_low"] <= truth <= row[f"{name}_high"]
    for name, n_covered in covered.items():
        assert 0.90 <= n_covered / n_draws <= 0.99, name


def test_weights_are_poisson_and_more_replicates_begin_with_the_same() -> None:
    blocks = list(_weight_blocks(20_000, BLOCK + 6, seed=3))
    assert [block.shape for block in blocks] == [(20_000, BLOCK), (20_000, 6)]
    share = np.bincount(blocks[0].ravel(), minlength=4)[:4] / blocks[0].size
    assert_allclose(share, np.exp(-1) / np.array([1, 1, 2, 6]), atol=0.002)
    assert_allclose(blocks[0].mean(), 1, atol=0.005)
    # Neither replicates nor neighbouring customers share their weights.
    assert abs(np.corrcoef(blocks[0][:, 0], blocks[0][:, 1])[0, 1]) < 0.03
    assert abs(np.corrcoef(blocks[0][:-1, 0], blocks[0][1:, 0])[0, 1]) < 0.03
    again = next(_weight_blocks(20_000, 5, seed=3))
    assert np.array_equal(again, blocks[0][:, :5])
    assert not np.array_equal(again, next(_weight_blocks(20_000, 5, seed=4)))


# 4000 customers take more than one matrix product.
@settings(max_examples=20, deadline=None)
@given(st.sampled_from([1, 30, 4000]), st.integers(0, 2**32 - 1))
def test_replicates_are_weighted_means_whose_order_changes_no_bit(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Some customers are not of the group, and some are in two windows.
    customer = np.sort(rng.integers(0, n + 5, n))
    score, order = rng.random((n, 2)), rng.permutation(n)
    found, moved = (
        _replicates(score, customer, [rows], n + 5, n_bootstrap=3, seed=seed)[0]
        for rows in (np.arange(n), order)
    )
    np.testing.assert_array_equal(moved, found)
    weight = next(_weight_blocks(n + 5, 3, seed))[customer]
    for replicate in range(3):
        if weight[:, replicate].any():
            expected = np.average(score, axis=0, weights=weight[:, replicate])
            assert_allclose(found[:, replicate], expected, atol=1e-8)
        else:
            assert np.isnan(found[:, replicate]).all()


def test_the_mean_takes_the_windows_in_which_the_slice_has_customers() -> None:
    ap, slices = made_up({1: [0, 3, 4], 2: [0, 3], 3: [6, 9, 12, 15]})
    result = evaluate(ap, slices, n_bootstrap=50)
    lapsed = result[result["slice_value"] == "lapsed"]
    assert lapsed["window_id"].dropna().tolist() == [1, 1]
    assert pick(result, "ranker", None, "recency_slice", "lapsed")["map_at_12"] == pytest.approx(
        pick(result, "ranker", 1, "recency_slice", "lapsed")["map_at_12"]
    )
    assert pick(result, "ranker", None, "recency_slice", "recent")["n_customers"] == 6
    weeks = [pick(result, "ranker", w, "recency_slice", "recent")["map_at_12"] for w in (1, 2, 3)]
    assert pick(result, "ranker", None, "recency_slice", "recent")["map_at_12"] == pytest.approx(
        sum(weeks) / 3
    )


@pytest.mark.filterwarnings("error")
def test_a_replicate_without_customers_is_left_out() -> None:
    ap, slices = made_up({1: [5]})
    ap["ap"] = 0.5
    lows = [
        pick(evaluate(ap, slices, n_bootstrap=1, seed=seed), "ranker", 1)["map_at_12_low"]
        for seed in range(10)
    ]
    # One weight of Poisson(1): a third of the seeds draw 0, and there is nothing to average.
    assert {low for low in lows if not np.isnan(low)} == {0.5}
    assert any(np.isnan(low) for low in lows)
    assert pick(evaluate(ap, slices, n_bootstrap=50), "ranker", 1)["map_at_12_low"] == 0.5


def test_customers_without_scores_may_have_slices() -> None:
    ap, slices = made_up({1: range(20)})
    more = pd.DataFrame(
        {"window_id": [1, 9], "customer_key": [77, 3], "recency_slice": None, "age_band": "25-34"}
    )
    expected = evaluate(ap, slices, n_bootstrap=9)
    assert_frame_equal(evaluate(ap, pd.concat([slices, more]), n_bootstrap=9), expected)


def with_ap(value: float | None) -> Any:
    def change(ap: pd.DataFrame, slices: pd.DataFrame) -> Frames:
        return ap.assign(ap=ap["ap"].where(ap.index != 3, value)), slices

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ap, s: (ap.drop(index=13), s), "'ranker' did not score .* window 1: customer 3"),
        (
            lambda ap, s: (ap[(ap["system"] != "ranker") | (ap["window_id"] != 2)], s),
            r"'ranker' did not score .* window 2: customer 0 \(10 such cases\)",
        ),
        (lambda ap, s: (pd.concat([ap, ap[3:4]]), s), "'baseline' scored a customer twice in wind"),
        (lambda ap, s: (ap.assign(system="x"), s), "'x' scored a customer twice in window 1"),
        (
            lambda ap, s: (ap.replace({"system": {"baseline": "popular"}}), s),
            "no baseline 'baseline' among the systems popular, ranker",
        ),
        (with_ap(1.5), r"in \[0, 1\], got 1.5 for system 'baseline' in window 1: customer 3"),
        (with_ap(-0.1), r"in \[0, 1\], got -0.1"),
        (with_ap(None), r"in \[0, 1\], got nan"),
        (lambda ap, s: (ap[:0], s), "ap has no rows"),
        (lambda ap, s: (ap.drop(columns="ap"), s), "ap lacks ap; it has window_id"),
        (lambda ap, s: (ap, s.drop(columns="window_id")), "slices lacks window_id"),
        (
            lambda ap, s: (ap.astype({"customer_key": str}), s),
            "ap.customer_key must hold integers",
        ),
        (
            lambda ap, s: (ap.astype({"window_id": "Int64"}).replace({"window_id": {1: pd.NA}}), s),
            "ap.window_id has missing values",
        ),
        (lambda ap, s: (ap.assign(system=None), s), "ap.system has missing values"),
        (lambda ap, s: (ap, s[1:]), r"slices has no row for customer 0 in window 1 \(1 such"),
        (lambda ap, s: (ap, pd.concat([s, s[4:5]])), "slices has two rows for customer 4 in wind"),
        (
            lambda ap, s: (ap, s.assign(age_band=s["age_band"].where(s["customer_key"] != 4))),
            "slices.age_band is missing for 2 customers",
        ),
        (lambda ap, s: (ap, s.assign(age=30)), "slices.age must be text, got int64"),
        (lambda ap, s: (ap, s.assign(all="x")), "slices must have no column 'all'"),
    ],
)
def test_names_what_is_wrong(change: Any, message: str) -> None:
    frames = change(*made_up({1: range(10), 2: range(10)}))
    with pytest.raises(ValueError, match=message):
        evaluate(*frames)


def test_refuses_no_replicates() -> None:
    with pytest.raises(ValueError, match="n_bootstrap must be 1 or more, got 0"):
        evaluate(*made_up({1: range(10)}), n_bootstrap=0)


def test_few_customers_have_figures_and_no_intervals() -> None:
    keys = range(3 * MIN_CUSTOMERS)
    table = evaluate(*made_up({1: keys, 2: keys[:20]}), n_bootstrap=20)
    found = without_narrow_intervals(table)
    ends = [name for name in OUTPUT_COLUMNS if name.endswith(("_low", "_high"))]
    others = [name for name in OUTPUT_COLUMNS if name not in ends]
    assert_frame_equal(found[others], table[others])
    is_few = found["n_customers"] < MIN_CUSTOMERS
    assert 0 < is_few.sum() < len(found)
    assert found.loc[is_few, ends].isna().all(axis=None)
    assert_frame_equal(found.loc[~is_few], table.loc[~is_few])
