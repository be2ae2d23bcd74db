"""What an ablation leaves out."""

from pathlib import Path

import numpy as np
import pytest

from models_py.frames import Pairs
from tests.benchmarks.ablation import EVERYTHING, sources_of, sql_seconds, variants, without
from tests.benchmarks.full_size import PHASE, main
from tests.benchmarks.inputs import InputError

SOURCES = ["own_decayed", "popular_1d"]
NAMES = ["own_decayed_rank", "popular_1d_rank", "popular_1d_score", "age", "taste_colour_group"]
NAN = np.nan


@pytest.fixture
def pairs() -> Pairs:
    return Pairs(
        np.array([1, 1, 2]),
        np.array([7, 8, 7]),
        np.array([[1, NAN, NAN, 30, 0.5], [2, 1, 9, 30, 0.1], [NAN, 2, 8, NAN, NAN]], np.float32),
        NAMES,
        np.array([1, 0, 1], np.float32),
    )


def test_a_source_goes_with_its_columns_and_the_candidates_that_it_alone_has(pairs: Pairs) -> None:
    left = without(pairs, SOURCES, ["own_decayed"])
    assert left.names == ["popular_1d_rank", "popular_1d_score", "age", "taste_colour_group"]
    assert left.article_keys.tolist() == [8, 7]
    assert left.customer_keys.tolist() == [1, 2]
    assert left.is_bought.tolist() == [False, True]
    assert left.features[:, 0].tolist() == [1, 2]


def test_a_source_without_its_score_among_the_features_is_one_too() -> None:
    assert sources_of(NAMES) == SOURCES


def test_a_feature_goes_alone(pairs: Pairs) -> None:
    left = without(pairs, SOURCES, ["age"])
    assert left.names == [name for name in NAMES if name != "age"]
    assert left.article_keys.tolist() == [7, 8, 7]


def test_a_row_for_each_source_group_and_family_that_there_is() -> None:
    found = variants(NAMES, SOURCES)
    assert found[EVERYTHING] == []
    assert found["source popular_1d"] == found["sources: all best sellers"] == ["popular_1d"]
    assert found["features: ages"] == ["age"]
    assert found["features: ranks in the sources"] == ["own_decayed_rank", "popular_1d_rank"]
    assert "features: prices" not in found
    assert "sources: all favourites" not in found


def test_a_phase_is_read_from_what_training_prints() -> None:
    found = PHASE.search("[3/14] window 4: fitting: 10.2 s\n")
    assert found is not None
    assert (found["name"], found["seconds"]) == ("window 4: fitting", "10.2")


@pytest.mark.parametrize("content", ["# A heading", '{"rows": []}', "[1]"])
def test_a_file_that_is_none_of_dbts_results_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "run_results.json"
    file.write_text(content)
    with pytest.raises(InputError, match=r"run_results.json is no run_results.json of dbt's\."):
        sql_seconds(file)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--peers", "/no/such/python"],
        ["--memory-limits", "6GB,lots"],
        ["--memory-limits", "1MB"],
        ["--parts", "0"],
        ["--parts", "100000"],
    ],
)
def test_what_the_benchmark_can_not_use_is_named_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--folder", str(tmp_path / "new"), *arguments])
    assert end.value.code == 2
    assert arguments[0] in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
