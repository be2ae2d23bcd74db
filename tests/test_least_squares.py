import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import Ridge

from models_py.least_squares import PENALTIES, LinearScores, fit_least_squares

Dense = npt.NDArray[np.float32]


def made_up(seed: int, n_rows: int, n_columns: int, n_classes: int) -> tuple[Dense, Dense]:
    """Inputs of which a third is not 0, each column of another size, and targets of 0 and 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < 0.35)
    y = rng.random((n_rows, n_classes)) < 0.3
    return (x * rng.uniform(0.2, 2, n_columns)).astype(np.float32), y.astype(np.float32)


def fit(
    x: Dense, y: Dense, level: npt.ArrayLike = 0.2, penalties: tuple[float, ...] = PENALTIES
) -> list[LinearScores]:
    class_level = np.broadcast_to(np.asarray(level, np.float64), y.shape[1])
    return fit_least_squares(sparse.csr_matrix(x), sparse.csr_matrix(y), class_level, penalties)


def ridge_weights(x: Dense, y: Dense, penalty: float) -> npt.NDArray[np.float64]:
    """What scikit-learn finds; the penalty in units of the mean variance times the rows."""
    wide = x.astype(np.float64)
    unit = wide.var(axis=0).mean() * len(x)
    # With the small constant of the model: where all of x is tiny, it shows.
    ridge = Ridge(alpha=penalty * unit + 1e-9 * len(x), fit_intercept=True, solver="svd")
    return np.atleast_2d(ridge.fit(wide, y.astype(np.float64)).coef_).T


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(5, 60),
    n_columns=st.integers(1, 8),
    n_classes=st.integers(2, 5),
    penalty=st.floats(0.05, 50),
)
def test_the_weights_are_those_of_ridge_regression(
    seed: int, n_rows: int, n_columns: int, n_classes: int, penalty: float
) -> None:
    x, y = made_up(seed, n_rows, n_columns, n_classes)
    assume(x.var(axis=0).any())
    level = np.random.default_rng(seed).uniform(0, 0.5, n_classes)
    (fitted,) = fit(x, y, level, (penalty,))
    weights = ridge_weights(x, y, penalty)
    assert fitted.weights.dtype == fitted.intercept.dtype == np.float32
    assert_allclose(fitted.weights, weights, atol=1e-5)
    # The slope is that of Ridge, the level the one that was asked for.
    expected = (x - x.mean(axis=0)) @ weights + level
    scores = fitted.score(sparse.csr_matrix(x))
    assert scores.shape == y.shape
    assert scores.dtype == np.float32
    assert_allclose(scores, expected, atol=2e-5)
    assert_allclose(scores.mean(axis=0), level, atol=2e-5)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), n_rows=st.integers(1, 40))
def test_the_order_of_rows_changes_nothing_but_rounding(seed: int, n_rows: int) -> None:
    x, y = made_up(seed, n_rows, 5, 3)
    order = np.random.default_rng(seed).permutation(n_rows)
    for one, other in zip(fit(x, y), fit(x[order], y[order]), strict=True):
        assert_allclose(one.weights, other.weights, atol=1e-5)
        assert_allclose(one.intercept, other.intercept, atol=1e-5)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), n_times=st.integers(2, 5))
def test_a_penalty_means_the_same_for_any_number_of_rows(seed: int, n_times: int) -> None:
    x, y = made_up(seed, 30, 5, 3)
    many = fit(np.tile(x, (n_times, 1)), np.tile(y, (n_times, 1)))
    for one, other in zip(fit(x, y), many, strict=True):
        assert_allclose(one.weights, other.weights, atol=1e-5)


def test_one_result_a_penalty_in_their_order_and_a_larger_penalty_shrinks_more() -> None:
    x, y = made_up(0, 50, 6, 3)
    sizes = [np.abs(fitted.weights).sum() for fitted in fit(x, y, 0.2, (30.0, 0.3, 3.0))]
    assert len(sizes) == 3
    assert sizes[1] > sizes[2] > sizes[0] > 0
    (nothing_left,) = fit(x, y, [0.1, 0.2, 0.3], (1e9,))
    scores = nothing_left.score(sparse.csr_matrix(x))
    assert_allclose(scores, np.tile([0.1, 0.2, 0.3], (50, 1)), atol=1e-6)


# 1 is a single purchase; the others, what is left of a length of one when two or a hundred
# purchases share it, are not exact in binary.
@pytest.mark.parametrize("value", [1.0, 2**-0.5, 0.1])
@pytest.mark.parametrize("n_rows", [3, 1000])
def test_where_every_column_is_constant_only_the_level_is_left(value: float, n_rows: int) -> None:
    x = np.full((n_rows, 2), value, np.float32)
    _, y = made_up(0, n_rows, 0, 2)
    for fitted in fit(x, y, [0.2, 0.1]):
        scores = fitted.score(sparse.csr_matrix(x))
        assert_allclose(scores, np.tile([0.2, 0.1], (n_rows, 1)), atol=1e-5)
        assert_allclose(fitted.weights, 0, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 1.0, 2**-0.5])
def test_a_constant_column_has_no_say(value: float) -> None:
    x, y = made_up(1, 200, 4, 3)
    x[:, 2] = value
    for fitted, penalty in zip(fit(x, y), PENALTIES, strict=True):
        assert_allclose(fitted.weights[2], 0, atol=1e-4)
        assert_allclose(fitted.weights, ridge_weights(x, y, penalty), atol=1e-4)


def test_many_rows_are_summed_up_precisely() -> None:
    # As many rows as some windows of a large shop have; each customer bought in two of seven
    # departments, one of which is common to all.
    rng = np.random.default_rng(0)
    n_rows, n_features = 300_000, 7
    other = rng.integers(1, n_features, n_rows)
    x = np.zeros((n_rows, n_features), np.float32)
    x[:, 0] = x[np.arange(n_rows), other] = 2**-0.5
    y = (rng.random((n_rows, 1)) < 0.02 * other[:, None]).astype(np.float32)
    fitted = fit(x, y)[0]
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    gram = centred.T @ centred
    penalised = gram + np.eye(n_features) * PENALTIES[0] * np.diag(gram).mean()
    expected = np.linalg.solve(penalised, centred.T @ y.astype(np.float64))
    assert np.abs(expected).max() > 0.02
    assert_allclose(fitted.weights, expected, atol=1e-4)


def test_one_row() -> None:
    x = np.array([[1, 0, 0.5]], np.float32)
    for fitted in fit(x, np.array([[1, 0]], np.float32), [0.3, 0.1]):
        assert_allclose(fitted.score(sparse.csr_matrix(x)), [[0.3, 0.1]], atol=1e-6)


def test_no_column_at_all() -> None:
    x = np.zeros((4, 0), np.float32)
    _, y = made_up(0, 4, 0, 2)
    for fitted in fit(x, y, [0.3, 0.1]):
        assert fitted.weights.shape == (0, 2)
        assert_allclose(fitted.score(sparse.csr_matrix(x)), np.tile([0.3, 0.1], (4, 1)), atol=1e-7)
