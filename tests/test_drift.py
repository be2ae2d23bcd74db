from typing import Any

import duckdb
import pandas as pd
import pytest

from models_py.drift import compare, print_drift


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
        profile = pd.DataFrame({"measure": ["it"], "measured_value": [earlier]}).astype(
            {"measured_value": float}
        )
        rows = compare(connection, profile, "run", pd.Timestamp("2020-09-16"))
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
    print_drift(pd.DataFrame([drift(1, 1, "relative")]), pd.Timestamp(cutoff))
    assert ("warning: the cutoff is no later" in capsys.readouterr().out) is is_warned


def test_a_measure_that_the_earlier_run_did_not_have_is_left_out() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table input_profile as select 1 as measure_number, 'new' as measure, "
            "1.0 as measured_value, 'relative' as comparison, 'v' as limit_var, 1.0 as warn_above"
        )
        earlier = pd.DataFrame({"measure": ["old"], "measured_value": [1.0]})
        assert compare(connection, earlier, "run", None).empty


def test_the_first_run_has_nothing_to_compare_with(capsys: pytest.CaptureFixture[str]) -> None:
    print_drift(pd.DataFrame(), pd.Timestamp("2020-09-23"))
    assert "no earlier published run" in capsys.readouterr().out
