import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.evaluation import MIN_CUSTOMERS, evaluate
from models_py.gate import N_BOOTSTRAP, compare, decide

NOTHING = pd.DataFrame({"window_id": [], "customer_key": [], "ap": []})


def scores(ap: np.ndarray, n_windows: int = 2) -> pd.DataFrame:
    """The same average precisions in each window."""
    n = len(ap)
    return pd.DataFrame(
        {
            "window_id": np.repeat(np.arange(1, n_windows + 1), n),
            "customer_key": np.tile(np.arange(n), n_windows),
            "ap": np.tile(ap, n_windows),
        }
    )


def some_ap(n: int = 200, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random(n) * (rng.random(n) < 0.3)


def of_run(ours: np.ndarray, baseline: np.ndarray) -> pd.DataFrame:
    return pd.concat(
        [scores(ours).assign(system="blend"), scores(baseline).assign(system="baseline")],
        ignore_index=True,
    )


@settings(deadline=None, max_examples=25)
@given(ap=st.lists(st.floats(0, 1), min_size=1, max_size=60), n_windows=st.integers(1, 3))
def test_a_run_like_the_other_is_never_worse(ap: list[float], n_windows: int) -> None:
    found = compare(scores(np.array(ap), n_windows), scores(np.array(ap), n_windows), "it")
    assert found is not None
    assert (found.difference, found.low, found.high) == (0, 0, 0)
    assert not found.is_worse


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32), lost=st.floats(0.01, 0.5))
def test_where_every_customer_loses_the_run_is_worse_and_the_other_way_round_it_is_not(
    seed: int, lost: float
) -> None:
    rng = np.random.default_rng(seed)
    theirs = rng.uniform(lost, 1, 50)
    for ours, other, is_worse in ((theirs - lost, theirs, True), (theirs, theirs - lost, False)):
        found = compare(scores(ours), scores(other), "it")
        assert found is not None
        assert found.is_worse is is_worse
        assert found.difference == pytest.approx(-lost if is_worse else lost)


@pytest.mark.parametrize(
    ("by_default", "n_windows", "is_worse"),
    [((), 3, True), ({2, 3}, 1, False), ({1, 2, 3}, 3, True), ({0, 2, 3}, 3, True)],
)
def test_windows_that_had_nothing_to_choose_on_count_where_there_are_no_others(
    by_default: set[int], n_windows: int, is_worse: bool
) -> None:
    theirs = some_ap(400)
    run = of_run(theirs, theirs)
    lost = run["window_id"].gt(1) & run["system"].eq("blend")
    run["ap"] -= 0.1 * (lost & run["ap"].gt(0.1))
    decision = decide(run.iloc[:0], NOTHING, "blend", "baseline")
    assert str(decision) == "nothing was checked, as no past window was scored"
    run = pd.concat([run, run[run["window_id"].eq(2)].assign(window_id=3)])
    decision = decide(run, NOTHING, "blend", "baseline", by_default)
    assert decision.is_worse is is_worse
    (comparison,) = decision.comparisons
    assert comparison.n_windows == n_windows
    assert ("on the windows that had past buyers enough" in str(decision)) is (n_windows == 1)
    # Of what is published the same: in the last run they were a week younger, and had something.
    published = scores(theirs, 3)
    decision = decide(run, published, "blend", "baseline", by_default)
    assert decision.comparisons[1].n_windows == n_windows
    assert decision.is_worse is is_worse
    older = published[published["window_id"] > 1]
    decision = decide(run, older, "blend", "baseline", by_default)
    assert decision.comparisons[1].n_windows == 2
    assert decision.comparisons[1].is_worse
    few = run[run["window_id"].gt(1) | run["customer_key"].lt(MIN_CUSTOMERS - 1)]
    assert decide(few, NOTHING, "blend", "baseline", by_default).comparisons[0].n_windows == 3


def test_noise_is_not_worse_and_the_same_loss_over_many_customers_is() -> None:
    rng = np.random.default_rng(1)
    for n, is_worse in ((60, False), (20_000, True)):
        theirs = rng.random(n)
        ours = np.clip(rng.random(n) - 0.02, 0, 1)
        found = compare(scores(ours, 1), scores(theirs, 1), "it")
        assert found is not None
        assert found.difference < 0 or not is_worse
        assert found.is_worse is is_worse


@pytest.mark.parametrize(("n", "is_worse"), [(MIN_CUSTOMERS - 1, False), (MIN_CUSTOMERS, True)])
def test_on_a_handful_of_customers_nothing_is_decided(n: int, is_worse: bool) -> None:
    found = compare(scores(np.zeros(n)), scores(np.ones(n)), "it")
    assert found is not None
    assert found.is_worse is is_worse
    assert ("too few customers" in str(found)) is not is_worse


def test_the_order_of_rows_changes_nothing() -> None:
    ours, theirs = scores(some_ap(seed=1)), scores(some_ap(seed=2))
    shuffled = [frame.sample(frac=1, random_state=3) for frame in (ours, theirs)]
    assert compare(ours, theirs, "it") == compare(shuffled[0], shuffled[1], "it")


def test_only_windows_and_customers_of_both_are_compared() -> None:
    ours = scores(some_ap(100), 3)
    # Worse by far, where the other has nothing to compare with.
    more = scores(some_ap(100), 4)
    more = more[(more["window_id"] != 1) & (more["customer_key"] >= 40)]
    more.loc[more["window_id"] == 4, "ap"] = 1
    found = compare(ours, more, "it")
    assert found is not None
    assert (found.n_windows, found.n_customers, found.difference) == (2, 60, 0)


def test_the_interval_is_that_of_the_evaluation() -> None:
    rows = of_run(some_ap(seed=1), some_ap(seed=2))
    table = evaluate(rows, scores(some_ap()).drop(columns="ap"), n_bootstrap=N_BOOTSTRAP)
    row = table[(table["system"] == "blend") & table["window_id"].isna()].iloc[0]
    (found,) = decide(rows, NOTHING, "blend", "baseline").comparisons
    assert found.against == "the baseline"
    assert (found.difference, found.low, found.high) == (
        row["difference"],
        row["difference_low"],
        row["difference_high"],
    )


GOOD, BAD = np.linspace(0.2, 0.8, 100), np.linspace(0.1, 0.5, 100)


@pytest.mark.parametrize(
    ("baseline", "published", "because"),
    [
        (BAD, BAD, []),
        (BAD, None, []),
        (GOOD + 0.1, BAD, ["the baseline"]),
        (BAD, GOOD + 0.1, ["the last published run"]),
        (GOOD + 0.1, GOOD + 0.1, ["the baseline", "the last published run"]),
    ],
)
def test_a_run_must_be_worse_than_neither(
    baseline: np.ndarray, published: np.ndarray | None, because: list[str]
) -> None:
    theirs = NOTHING if published is None else scores(published)
    decision = decide(of_run(GOOD, baseline), theirs, "blend", "baseline")
    assert decision.is_worse is bool(because)
    for name in ("the baseline", "the last published run"):
        assert (f"worse than {name}" in str(decision).replace("not worse", "")) is (name in because)


def test_a_published_run_that_is_unlike_is_said_to_be() -> None:
    decision = decide(of_run(GOOD, BAD), NOTHING, "blend", "baseline", has_published=True)
    assert "not compared with the last published run" in str(decision)
    for published, has_published in ((NOTHING, False), (scores(GOOD), True)):
        decision = decide(
            of_run(GOOD, BAD), published, "blend", "baseline", has_published=has_published
        )
        assert "not compared" not in str(decision)


def test_without_a_past_window_nothing_was_checked_and_nothing_is_worse() -> None:
    none = pd.DataFrame(columns=["window_id", "system", "customer_key", "ap"])
    decision = decide(none, NOTHING, "blend", "baseline")
    assert not decision.is_worse
    assert "nothing was checked" in str(decision)
    # The last one has windows, and this one has none of them.
    decision = decide(none, scores(GOOD), "blend", "baseline")
    assert not decision.is_worse
    assert "nothing was checked" in str(decision)
