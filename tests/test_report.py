from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from models_py.evaluation import OUTPUT_COLUMNS, evaluate, without_narrow_intervals
from models_py.publishing import sha256
from models_py.report import (
    last_day_warning,
    main,
    print_empty_windows,
    print_evaluation,
    print_places,
    print_windows,
)
from tests.other_process import open_for_writing

SYSTEMS = ["baseline", "popular_age_band", "purchases_department", "hybrid"]


def windows(n: int, n_left_out: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "window_id": range(n),
            "cutoff_on": pd.Timestamp("2020-09-23") - pd.to_timedelta(7 * np.arange(n), "D"),
            "n_label_days": 7,
            "n_history_days": 100 - 7 * np.arange(n),
            "is_backtest": [0 < i < 3 for i in range(n)],
            "is_left_out": [i >= n - n_left_out for i in range(n)],
        }
    )


def made_up_evaluation() -> pd.DataFrame:
    """Two windows of twenty customers; each system is better than the one before it."""
    rows = [
        (window, key, system, 0.1 * place + 0.01 * window + 0.001 * key)
        for window in (1, 2)
        for key in range(20)
        for place, system in enumerate(SYSTEMS)
    ]
    ap = pd.DataFrame(rows, columns=["window_id", "customer_key", "system", "ap"])
    slices = ap[["window_id", "customer_key"]].drop_duplicates(ignore_index=True)
    slices["age_band"] = np.where(slices["customer_key"] < 5, "up to 19", "20 and over")
    return evaluate(ap, slices, n_bootstrap=50)


NOTHING = pd.DataFrame(columns=OUTPUT_COLUMNS)
NOTHING_TO_SAY = "No past window could be scored, so nothing can be said of accuracy."


@pytest.mark.parametrize(("n", "n_left_out"), [(6, 0), (6, 3), (1, 0), (4, 3)])
def test_the_windows_and_which_are_left_out(
    capsys: pytest.CaptureFixture[str], n: int, n_left_out: int
) -> None:
    table = windows(n, n_left_out)
    print_windows(table)
    out = capsys.readouterr().out
    n_there = n - n_left_out
    first, last = table["cutoff_on"].dt.strftime("%Y-%m-%d").iloc[[0, n_there - 1]]
    assert f"Windows 0 to {n_there - 1}, cutoffs {first} back to {last}." in out
    assert ("Left out" in out) == (n_left_out > 0)
    if n_left_out:
        assert f"windows {n_there} to {n - 1}" in out
        assert "min_history_days" in out
    assert "min_past_windows" not in out


@pytest.mark.parametrize(
    ("n_last", "days_back", "is_warned"),
    [(53, 28, True), (54, 28, False), (53, 27, False), (0, 28, False)],
)
def test_a_last_day_that_has_less_than_its_weekday_ever_had_is_a_warning(
    n_last: int, days_back: int, is_warned: bool
) -> None:
    """Without purchases it is not there, and the day before, of which nothing is said, is last."""
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table windows as select 0 as window_id, date '2020-09-23' as cutoff_on;
            create table purchase_days as
            select
                date '2020-09-22' - cast(days_ago as int) as sold_on,
                case when days_ago = 0 then $n_last when days_ago % 7 = 0 then 100 + days_ago
                    else 10 end as n_rows,
                cast(null as varchar) as stray_because
            from range($days_back + 1) as r(days_ago)
            where n_rows > 0
            -- Not known yet, and refused.
            union all select date '2020-09-23', 1, null
            union all select date '2020-09-22' - 21, 1, 't_dat is long before all others'
            """,
            {"n_last": n_last, "days_back": days_back},
        )
        warned = last_day_warning(connection) or ""
    assert warned.startswith("2020-09-22 has 53 purchases, and") is is_warned
    assert ("had 107 or more in each of the four weeks before" in warned) is is_warned
    assert bool(warned) is is_warned


def test_windows_that_nobody_bought_in_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table windows as
            select window_id, window_id = 0 as is_submission from range(5) as r(window_id);
            create table window_labels as select unnest([1, 1, 4]) as window_id
            """
        )
        print_empty_windows(connection)
        assert capsys.readouterr().out.endswith("so they say nothing: 2, 3.\n")
        connection.execute("insert into window_labels values (2), (3)")
        print_empty_windows(connection)
    assert capsys.readouterr() == ("", "")


def test_past_windows_that_look_less_far_ahead_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = windows(6, 2)
    table.loc[1:, "n_label_days"] = 3
    print_windows(table)
    out = capsys.readouterr().out
    assert "past windows look 3 days ahead, not 7 as the recommendations do" in out


def test_each_system_has_its_line_with_what_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evaluation = made_up_evaluation()
    print_evaluation(evaluation, "hybrid")
    out = capsys.readouterr().out
    assert "2 past windows" in out
    overall, by_window, _ = out.split("\nBy ")
    of_all = evaluation[evaluation["slice_kind"] == "all"]
    mean = of_all[of_all["window_id"].isna()].set_index("system")
    lines = [line for line in overall.splitlines() if line.startswith("  ")]
    assert [line.split()[0] for line in lines] == SYSTEMS
    for line in lines:
        row = mean.loc[line.split()[0]]
        for name in ["map_at_12", "map_at_12_low", "map_at_12_high"]:
            assert f"{row[name]:.4f}" in line
        for name in ["difference", "difference_low", "difference_high"]:
            assert f"{row[name]:+.4f}" in line
    per_window = of_all.dropna(subset="window_id").set_index(["system", "window_id"])["map_at_12"]
    lines = by_window.strip().splitlines()[-len(SYSTEMS) :]
    assert [line.split()[0] for line in lines] == SYSTEMS
    for line in lines:
        system, latest, older = line.split()
        assert float(latest) == pytest.approx(per_window[system, 1], abs=1e-4)
        assert float(older) == pytest.approx(per_window[system, 2], abs=1e-4)


def test_each_slice_has_its_line_for_the_system_that_is_exported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evaluation = made_up_evaluation()
    print_evaluation(evaluation, "hybrid")
    lines = capsys.readouterr().out.split("\nBy slice")[1].splitlines()[1:]
    lines = [line for line in lines if line]
    assert len(lines) == 2
    for value, n_customers in [("up to 19", 5), ("20 and over", 15)]:
        (line,) = [line for line in lines if value in line]
        row = evaluation[
            evaluation["window_id"].isna()
            & (evaluation["slice_value"] == value)
            & (evaluation["system"] == "hybrid")
        ].iloc[0]
        assert "age_band" in line
        assert f" {n_customers} customers" in line
        assert f"{row['map_at_12']:.4f}" in line
        # 0.3 better than the baseline, by construction.
        assert f"{row['map_at_12'] - 0.3:.4f}" in line
        assert "+0.3000" in line


def test_few_customers_and_no_hits_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = without_narrow_intervals(made_up_evaluation())
    print_evaluation(evaluation, "hybrid")
    out = capsys.readouterr().out
    assert "+0.3000 (too few for an interval)" in out and "nan" not in out
    assert "had a hit" not in out
    evaluation["map_at_12"] = 0.0
    print_evaluation(evaluation, "hybrid")
    assert "No list of any system had a hit" in capsys.readouterr().out


def test_columns_stand_under_each_other_whatever_a_system_is_called(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evaluation = made_up_evaluation()
    long = "purchases_of_a_grain_with_a_long_name"
    evaluation["system"] = evaluation["system"].replace("purchases_department", long)
    print_evaluation(evaluation, "hybrid")
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if line.split()[:1] in ([long], ["baseline"])]
    # Two tables: MAP@12 with intervals, and by window.
    assert len(rows) == 4
    for table in (
        [line for line in rows if "[" in line],
        [line for line in rows if "[" not in line],
    ):
        assert len({line.index(" 0.") for line in table}) == 1


def test_an_empty_evaluation_says_that_nothing_can_be_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_evaluation(NOTHING, "hybrid")
    assert capsys.readouterr().out == NOTHING_TO_SAY + "\n"


def published(out: Path, evaluation: pd.DataFrame, systems: tuple[str, ...] = ("hybrid",)) -> Path:
    """A published file with this evaluation and a run of each of these systems, the latest last."""
    (out / "submission.csv").write_text("customer_id,prediction\n")
    with duckdb.connect(str(out / "hm.duckdb")) as connection:
        connection.execute("create schema predictions")
        connection.execute(
            """
            create table predictions.evaluation (
                window_id int, system text, slice_kind text, slice_value text, n_customers int,
                map_at_12 double, map_at_12_low double, map_at_12_high double,
                difference double, difference_low double, difference_high double
            );
            create table predictions.runs (
                started_at timestamp, system text, n_customers int, is_published bool,
                is_gate_overridden bool, gate_decision text, submission_sha256 text
            );
            create table predictions.drift (measure text);
            create table input_counts as
            select 'customers' as file_name, 9000 as n_rows, 0 as n_refused
            union all select 'transactions_train', 65904, 3;
            create table rejected_rows as
            select 'transactions_train' as file_name, 'price is negative' as rejected_because
            union all (select 'transactions_train', 'unknown article_id' from range(2));
            create table stg_customers (customer_id text);
            create table stg_articles (article_id text)
            """
        )
        connection.register("rows", evaluation)
        connection.execute("insert into predictions.evaluation by name from rows")
        for day, system in enumerate(systems, 1):
            connection.execute(
                "insert into predictions.runs "
                "values (make_date(2020, 9, ?), ?, ?, true, false, 'nothing was checked', ?)",
                [day, system, 1000 * day, sha256(out / "submission.csv")],
            )
        # A later one that was not good enough.
        connection.execute(
            "insert into predictions.runs values ('2020-09-30', 'worse', 0, false, false, '', null)"
        )
        connection.execute(
            "alter table predictions.runs add column cutoff_on date default '2020-09-23'"
        )
    return out


def test_what_is_published_is_printed_as_it_was_at_the_end_of_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_evaluation(made_up_evaluation(), "hybrid")
    print_places(tmp_path, 2000)
    at_the_end = capsys.readouterr().out
    published(tmp_path, made_up_evaluation(), ("baseline", "hybrid"))
    assert main(["--out-dir", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    evaluated, places = at_the_end.split("\n\n2,000 customers")
    assert out.startswith(evaluated)
    assert out.endswith(f"2,000 customers{places}")
    assert "Before it was published: nothing was checked." in out
    assert (
        "\nRefused: 3 of 65,904 rows of transactions_train "
        "(unknown article_id 2, price is negative 1; table rejected_rows).\n"
    ) in out
    assert "rows of customers" not in out
    assert err == ""
    assert "2,000 customers" in at_the_end
    assert str(tmp_path / "submission.csv") in at_the_end
    assert str(tmp_path / "hm.duckdb") in at_the_end


@pytest.mark.parametrize("is_of_run", [True, False])
def test_a_backtest_after_the_run_is_told_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_of_run: bool
) -> None:
    evaluation = made_up_evaluation()
    published(tmp_path, evaluation, ("hybrid",))
    rows = evaluation[evaluation["window_id"].isna() & evaluation["slice_kind"].eq("all")]
    score = float(rows.loc[rows["system"] == "hybrid", "map_at_12"].iloc[0])
    with duckdb.connect(str(tmp_path / "hm.duckdb")) as connection:
        connection.execute("alter table predictions.runs add column map_at_12 double")
        connection.execute(
            "update predictions.runs set map_at_12 = ?", [score if is_of_run else score + 0.001]
        )
    assert main(["--out-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    sentence = "That was a backtest. What is published is of the training before it:\n"
    assert (sentence in out) is not is_of_run


def test_ids_that_a_spreadsheet_would_run_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path, NOTHING)
    with duckdb.connect(str(tmp_path / "hm.duckdb")) as connection:
        connection.execute("insert into stg_customers values ('=1+1'), ('a=1'), ('@a'), ('0')")
        connection.execute("insert into stg_articles values ('0123'), ('-1')")
    assert main(["--out-dir", str(tmp_path)]) == 0
    assert "\n3 ids begin with =, +, - or @" in capsys.readouterr().out


def test_a_run_without_a_past_window_is_printed_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path, NOTHING)
    assert main(["--out-dir", str(tmp_path)]) == 0
    assert NOTHING_TO_SAY in capsys.readouterr().out


@pytest.mark.parametrize("what", ["another", "none"])
def test_a_submission_of_another_run_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """As a run leaves it that is killed between the two files."""
    published(tmp_path, made_up_evaluation())
    path = tmp_path / "submission.csv"
    if what == "another":
        path.write_text("customer_id,prediction\n01,0108775015\n")
    else:
        path.unlink()
    assert main(["--out-dir", str(tmp_path)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {path} is ")
    assert "python -m models_py.train" in line


def test_a_backtest_before_any_run_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path, made_up_evaluation(), ())
    assert main(["--out-dir", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "MAP@12, mean over" in out
    assert "submission.csv" not in out
    assert err == ""


def test_where_the_file_is_open_for_writing_the_error_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path, made_up_evaluation())
    with open_for_writing(tmp_path / "hm.duckdb"):
        assert main(["--out-dir", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        f"error: {tmp_path / 'hm.duckdb'} is open for writing in another process"
    )
    assert "train" not in line


@pytest.mark.parametrize("what", ["nothing", "no database", "no tables"])
def test_where_no_run_is_published_the_error_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path = tmp_path / "hm.duckdb"
    if what == "no database":
        path.write_text("this is no database")
    elif what == "no tables":
        duckdb.connect(str(path)).close()
    assert main(["--out-dir", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"error: {path}")
    assert "python -m models_py.train" in line
