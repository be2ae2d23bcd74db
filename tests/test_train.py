from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py import systems
from models_py.runner import plan_windows
from models_py.train import main


def planned(n_windows: int, n_backtest: int, n_left_out: int = 0) -> pd.DataFrame:
    """Windows as the warehouse lists them: 0, the backtest ones, those for training."""
    ids = range(n_windows)
    return pd.DataFrame(
        {
            "window_id": pd.Series(ids, dtype="int32"),
            "cutoff_on": pd.Timestamp("2020-09-23") - pd.to_timedelta([7 * i for i in ids], "D"),
            "n_history_days": pd.Series([700 - 7 * i for i in ids], dtype="int32"),
            "is_backtest": [1 <= i <= n_backtest for i in ids],
            "is_left_out": [i >= n_windows - n_left_out for i in ids],
        }
    )


@st.composite
def settings_of_a_build(draw: st.DrawFn) -> tuple[int, int, int]:
    """n_backtest_windows, n_training_windows, and how many windows history can't fill."""
    n_backtest, n_training = draw(st.integers(0, 6)), draw(st.integers(0, 8))
    return n_backtest, n_training, draw(st.integers(0, n_backtest + n_training))


@settings(deadline=None, max_examples=200)
@given(build=settings_of_a_build())
def test_each_window_learns_from_those_right_before_it_as_far_as_they_exist(
    build: tuple[int, int, int],
) -> None:
    n_backtest, n_training, n_left_out = build
    plan = plan_windows(planned(n_backtest + n_training + 1, n_backtest, n_left_out))
    there = set(range(n_backtest + n_training + 1 - n_left_out))
    assert set(plan.training) == set(plan.scored)
    for window_id, learns_from in plan.training.items():
        # Older windows alone; the nearest ones, all of those that are there.
        assert learns_from == [
            w for w in range(window_id + 1, window_id + n_training + 1) if w in there
        ]
    assert set(plan.scored) <= there


@settings(deadline=None, max_examples=200)
@given(build=settings_of_a_build())
def test_every_backtest_window_is_scored_and_finds_older_ones_to_choose_on(
    build: tuple[int, int, int],
) -> None:
    n_backtest, n_training, n_left_out = build
    n_windows = n_backtest + n_training + 1 - n_left_out
    plan = plan_windows(planned(n_backtest + n_training + 1, n_backtest, n_left_out))
    assert plan.backtest == list(range(1, min(n_backtest + 1, n_windows)))
    # The oldest first, so that the later ones can choose on them; the next days last.
    assert plan.scored == sorted(plan.scored, reverse=True)
    assert plan.scored[-1] == 0
    for window_id in [0, *plan.backtest]:
        older = [w for w in plan.scored if w > window_id]
        n_older = n_windows - 1 - window_id
        assert len(older) >= min(systems.N_TUNING_WINDOWS, n_older)


def test_a_plan_in_full() -> None:
    plan = plan_windows(planned(6, 2, n_left_out=1))
    assert plan.backtest == [1, 2]
    assert plan.scored == [4, 3, 2, 1, 0]
    assert plan.training == {4: [], 3: [4], 2: [3, 4], 1: [2, 3, 4], 0: [1, 2, 3]}


def test_one_window_is_enough_for_a_plan() -> None:
    plan = plan_windows(planned(1, 0))
    assert (plan.scored, plan.training, plan.backtest) == ([0], {0: []}, [])


def test_without_training_windows_the_backtest_ones_are_scored_all_the_same() -> None:
    plan = plan_windows(planned(4, 3))
    assert plan.scored == [3, 2, 1, 0]
    assert plan.training == {3: [], 2: [], 1: [], 0: []}


@pytest.mark.parametrize("number", ["0", "-3", "some"])
def test_a_number_of_replicates_that_is_none_is_wrong_use(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--n-bootstrap", number])
    assert end.value.code == 2
    assert "--n-bootstrap" in capsys.readouterr().err.splitlines()[-1]


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """What went to stderr, when that is one line and nothing went to stdout."""
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(".")
    return line


def data_in(folder: Path) -> Path:
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id\n01\n")
    return folder


def test_a_build_that_is_not_there_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = data_in(tmp_path / "data"), tmp_path / "out"
    assert main(["--data-dir", str(data), "--out-dir", str(out)]) == 2
    sentence = one_sentence(capsys)
    assert str(out / "hm_build.duckdb") in sentence
    assert "dbt build" in sentence
    assert not out.exists()


def test_data_that_is_not_there_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data-dir", str(tmp_path / "data"), "--out-dir", str(tmp_path)]) == 2
    assert f"{tmp_path / 'data'} has neither" in one_sentence(capsys)


def test_the_folders_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HM_DATA_DIR", str(data_in(tmp_path / "elsewhere")))
    monkeypatch.setenv("HM_OUT_DIR", str(tmp_path / "results"))
    assert main([]) == 2
    assert str(tmp_path / "results" / "hm_build.duckdb") in one_sentence(capsys)


@pytest.mark.parametrize("content", [b"this is no database", b""], ids=["text", "without tables"])
def test_a_file_that_dbt_did_not_finish_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    work = tmp_path / "hm_build.duckdb"
    if content:
        work.write_bytes(content)
    else:
        duckdb.connect(str(work)).close()
    arguments = ["--data-dir", str(data_in(tmp_path / "data")), "--out-dir", str(tmp_path)]
    assert main(arguments) == 2
    sentence = one_sentence(capsys)
    assert str(work) in sentence
    assert "dbt build" in sentence
