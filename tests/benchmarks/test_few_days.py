from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.benchmarks import kills
from tests.benchmarks.few_days import cut, main, text_of
from tests.benchmarks.trials import Trials


def test_only_the_known_days_are_left(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "few"
    data.mkdir()
    folder.mkdir()
    with duckdb.connect() as connection:
        for name in ("articles", "customers"):
            connection.sql(f"select '{name}' as name").write_parquet(str(data / f"{name}.parquet"))
        connection.sql(
            "select date '2020-01-01' + cast(i as integer) as t_dat from range(10) as r(i)"
        ).write_parquet(str(data / "transactions_train.parquet"))
        cut(data, date(2020, 1, 8), 3, folder)
        days = connection.read_parquet(str(folder / "transactions_train.parquet")).fetchall()
        names = connection.read_parquet(str(folder / "customers.parquet")).fetchall()
    assert [day for (day,) in days] == [date(2020, 1, 5), date(2020, 1, 6), date(2020, 1, 7)]
    assert names == [("customers",)]


def test_cutoffs_count_the_same_and_slices_stand_apart() -> None:
    """One buyer at the first cutoff, three at the second; one of all has no history."""
    buyers = pd.DataFrame({"window_id": [0, 1, 1, 1], "customer_key": [7, 7, 8, 9]})
    ours = buyers.assign(ap=[0.5, 0.3, 0.2, 0.1], is_known=[True, True, True, False])
    scores = buyers.assign(ap=[0.3, 0.2, 0.1, 0.0], system="popular")
    lines = text_of(ours, Trials(pd.DataFrame(), scores)).splitlines()
    assert "2 cutoffs, 4 buyers, 75% of them with history" in lines[0]
    # (0.5 + 0.2) / 2 and (0.3 + 0.1) / 2; with history (0.5 + 0.25) / 2; new at one cutoff alone.
    assert lines[2].split()[:3] == ["this", "project", "0.3500"]
    assert " ".join(lines[3].split()) == (
        "popular 0.2000 +0.1500 (0.0500) 0.2250 +0.1500 (0.0500) 0.0000 +0.1000"
    )


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--times", "0"], "--times is 0"),
        (["--apart", "-2"], "--apart is -2"),
        (["--vars", "[1]"], "--vars is [1]"),
    ],
)
def test_wrong_options_are_named(
    capsys: pytest.CaptureFixture[str], arguments: list[str], part: str
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert part in capsys.readouterr().err


def test_cutoffs_before_the_first_purchase_are_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect() as connection:
        connection.sql(
            "select date '2020-01-01' + cast(i as integer) as t_dat from range(30) as r(i)"
        ).write_parquet(str(tmp_path / "transactions_train.parquet"))
    assert main(["--data", str(tmp_path), "--times", "4"]) == 2
    assert "begins on 2020-01-01" in capsys.readouterr().err


@pytest.mark.parametrize("range_", [("54", "53"), ("0", "1"), ("3", "2")])
def test_kills_that_are_none_are_named(
    capsys: pytest.CaptureFixture[str], range_: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as end:
        kills.main(["--first", range_[0], "--last", range_[1]])
    assert end.value.code == 2
    assert f"--first is {range_[0]}" in capsys.readouterr().err


def test_so_many_kills_are_planned() -> None:
    assert len(kills.moments(1, 60)) == kills.N_KILLS
