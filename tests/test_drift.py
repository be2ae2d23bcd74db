from typing import Any

import duckdb
import pandas as pd
import pytest

from models_py.drift import PAST_WEEK, compare, print_drift, warnings

NO_DAYS = pd.DataFrame({"sold_on": pd.to_datetime([]), "n_rows": [0][:0]})


def days(*n_rows: int, until: str = "2020-09-22") -> pd.DataFrame:
    """purchase_days of the days up to one, the last of them."""
    sold_on = pd.date_range(end=until, periods=len(n_rows)).astype("datetime64[us]")
    found = pd.DataFrame({"sold_on": sold_on, "n_rows": n_rows})
    return found[found["n_rows"] > 0]


def make_days(
    connection: duckdb.DuckDBPyConnection, known: pd.DataFrame, cutoff: str = "2020-09-23"
) -> None:
    connection.execute(
        "create table purchase_days as select cast(sold_on as date) as sold_on, n_rows from known"
    )
    connection.execute(
        "create table windows as select 0 as window_id, cast($1 as date) as cutoff_on", [cutoff]
    )


def drift(
    earlier: float | None, current: float | None, comparison: str, limit: float = 0.1
) -> dict[Any, Any]:
    """The row of one measure."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table input_profile as select 1 as measure_number, 'it' as measure, "
            "?::double as measured_value, ? as comparison, 'max_change' as limit_var, "
            "?::double as warn_above",
            [current, comparison, limit],
        )
        make_days(connection, NO_DAYS)
        profile = pd.DataFrame({"measure": ["it"], "measured_value": [earlier]}).astype(
            {"measured_value": float}
        )
        rows = compare(connection, profile, NO_DAYS, "run", pd.Timestamp("2020-09-16"), 0.1)
    (row,) = rows.to_dict("records")
    return row


@pytest.mark.parametrize(
    ("earlier", "current", "comparison", "change", "is_warning"),
    [
        (100, 109, "relative", 0.09, False),
        (100, 111, "relative", 0.11, True),
        (100, 91, "relative", -0.09, False),
        (100, 89, "relative", -0.11, True),
        (0.01, 0.105, "difference", 0.095, False),
        (0.01, 0.115, "difference", 0.105, True),
        (0.5, 0.39, "difference", -0.11, True),
        (0, 0, "difference", 0, False),
        (0, 0, "relative", None, False),
        (0, 5, "relative", None, True),
        (5, 0, "relative", -1, True),
        (None, None, "difference", None, False),
        (None, 0.1, "difference", None, True),
        (0.1, None, "relative", None, True),
    ],
)
def test_a_change_above_its_limit_is_a_warning(
    earlier: float | None,
    current: float | None,
    comparison: str,
    change: float | None,
    is_warning: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = drift(earlier, current, comparison)
    if change is None:
        assert pd.isna(row["change"])
    else:
        assert row["change"] == pytest.approx(change)
    assert row["is_warning"] is is_warning
    assert row["earlier_run_id"] == "run"
    print_drift(pd.DataFrame([row]), pd.Timestamp("2020-09-23"))
    head, line = capsys.readouterr().out.splitlines()
    assert "(cutoff 2020-09-16, now 2020-09-23)" in head
    assert ("warning" in line) is is_warning
    assert ("var max_change" in line) is (is_warning and change is not None)


@pytest.mark.parametrize(
    ("cutoff", "is_warned"), [("2020-09-17", False), ("2020-09-16", True), ("2020-09-09", True)]
)
def test_a_cutoff_that_is_no_later_is_a_warning(
    cutoff: str, is_warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody looks at a weekly run whose export has stopped."""
    changes = pd.DataFrame([drift(1, 1, "relative")])
    print_drift(changes, pd.Timestamp(cutoff))
    assert ("warning: the cutoff is no later" in capsys.readouterr().out) is is_warned
    assert len(warnings(changes, pd.Timestamp(cutoff))) == is_warned
    assert warnings(changes.iloc[:0], pd.Timestamp(cutoff)) == []


@pytest.mark.parametrize(
    ("before", "now", "week_from", "values", "is_warning"),
    [
        # Nothing changed: the last week that both know.
        (days(*[9] * 21), days(*[9] * 28, until="2020-09-29"), "2020-09-16", (63, 63), False),
        # A week is missing, or came twice, or lost a few.
        (days(*[9] * 21), days(*[9] * 7, *[0] * 7, *[9] * 7), "2020-09-09", (63, 0), True),
        (days(*[9] * 21), days(*[9] * 7, *[18] * 7, *[9] * 7), "2020-09-09", (63, 126), True),
        (days(*[9] * 21), days(*[9] * 20, 3), "2020-09-16", (63, 57), False),
        (days(*[9] * 21), days(*[9] * 20, 2), "2020-09-16", (63, 56), True),
        # What came later, or what one of them does not know any more, is not compared.
        (days(9, 9), days(9, 9, *[99] * 7, until="2020-09-29"), "2020-09-16", (18, 18), False),
        (days(*[9] * 21), days(*[9] * 10), "2020-09-16", (63, 63), False),
        (days(*[9] * 10), days(*[1] * 11, *[9] * 10), "2020-09-16", (63, 63), False),
        # A week that was empty.
        (days(*[9] * 7, *[0] * 7, *[9] * 7), days(*[9] * 21), "2020-09-09", (0, 63), True),
    ],
)  # fmt: skip
def test_the_week_of_the_past_that_changed_most_is_a_measure(
    before: pd.DataFrame,
    now: pd.DataFrame,
    week_from: str,
    values: tuple[int, int],
    is_warning: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table input_profile as select 3 as measure_number, 'old' as measure, "
            "1.0 as measured_value, 'relative' as comparison, 'v' as limit_var, 1.0 as warn_above"
        )
        make_days(connection, now, "2020-09-30")
        profile = pd.DataFrame({"measure": ["new"], "measured_value": [1.0]})
        changes = compare(connection, profile, before, "run", pd.Timestamp("2020-09-23"), 0.1)
    (row,) = changes.to_dict("records")
    assert (row["measure"], row["measure_number"]) == (PAST_WEEK, 4)
    assert row["week_from"] == pd.Timestamp(week_from)
    assert (row["earlier_value"], row["current_value"]) == values
    assert row["is_warning"] is is_warning
    said = warnings(changes, pd.Timestamp("2020-09-30"))
    assert len(said) == is_warning
    assert all(f"purchases_{week_from}_to_2020-09-" in sentence for sentence in said)
    print_drift(changes, pd.Timestamp("2020-09-30"))
    assert ("max_past_change" in capsys.readouterr().out) is (is_warning and values[0] > 0)


def test_a_measure_that_the_earlier_run_did_not_have_is_left_out() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table input_profile as select 1 as measure_number, 'new' as measure, "
            "1.0 as measured_value, 'relative' as comparison, 'v' as limit_var, 1.0 as warn_above"
        )
        earlier = pd.DataFrame({"measure": ["old"], "measured_value": [1.0]})
        make_days(connection, NO_DAYS)
        assert compare(connection, earlier, NO_DAYS, "run", None, 0.1).empty
        connection.execute("insert into purchase_days values (date '2020-09-22', 9)")
        assert compare(connection, earlier, NO_DAYS, None, None, 0.1).empty


def test_the_first_run_has_nothing_to_compare_with(capsys: pytest.CaptureFixture[str]) -> None:
    print_drift(pd.DataFrame(), pd.Timestamp("2020-09-23"))
    assert "no earlier published run" in capsys.readouterr().out
