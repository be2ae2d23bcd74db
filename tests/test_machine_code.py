import numpy as np
import pytest

from models_py import machine_code, ranker
from models_py.ranker import MIN_CUSTOMERS, N_LEAVES, Ranker
from tests.test_ranker import VARIANTS, fit, made_up

lleaves = pytest.importorskip("lleaves")


@pytest.fixture(scope="module")
def fitted() -> Ranker:
    return fit([made_up(1), made_up(2)], N_LEAVES[0])


@pytest.mark.parametrize("variant", VARIANTS)
def test_compiled_trees_give_the_same_scores_to_the_last_bit(
    fitted: Ranker, variant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code, "PART_ROWS", 77)
    compiled = machine_code.compiled(fitted, variant, made_up(3, n=5))
    assert list(compiled.machine_code) == [variant]
    unseen = made_up(4)
    unseen.features[:20] = np.nan
    (expected,) = ranker.score(fitted, unseen, [variant])
    (found,) = ranker.score(compiled, unseen, [variant])
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)
    # It is the compiled trees that were asked: these know no other number.
    assert np.array_equal(compiled.machine_code[variant](unseen).astype(np.float32), found)


def test_other_numbers_of_trees_are_left_to_lightgbm(fitted: Ranker) -> None:
    compiled = machine_code.compiled(fitted, 1, made_up(3, n=5))
    unseen = made_up(4, n=10)
    for variants in ([0], [0, 1, 2]):
        expected = ranker.score(fitted, unseen, variants)
        assert all(
            np.array_equal(one, other)
            for one, other in zip(ranker.score(compiled, unseen, variants), expected, strict=True)
        )


def test_of_no_pairs_there_are_no_scores(fitted: Ranker) -> None:
    compiled = machine_code.compiled(fitted, 0, made_up(3, n=5))
    none = made_up(4, n=1).take(np.zeros(0, np.int64))
    assert len(ranker.score(compiled, none, [0])[0]) == 0


def test_trees_that_score_otherwise_are_not_used(
    fitted: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Fewer trees than LightGBM adds up, as if the model's text were read wrongly.
    read = lleaves.Model

    def read_fewer(model_file: str) -> object:
        fitted.booster.save_model(model_file, num_iteration=fitted.n_trees[0] - 1)
        return read(model_file=model_file)

    monkeypatch.setattr(lleaves, "Model", read_fewer)
    sample = made_up(3, n=MIN_CUSTOMERS)
    assert not machine_code.compiled(fitted, 0, sample).machine_code


def test_without_lleaves_lightgbm_scores(fitted: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_code, "lleaves", None)
    assert machine_code.compiled(fitted, 0, made_up(3, n=5)) is fitted
