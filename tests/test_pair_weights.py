"""What others bought who bought the same: against plain regressions and plain sums."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from models_py import pair_weights


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        pair_weights.register(opened)
        yield opened


def bought(n_customers: int, n_articles: int, share: float, seed: int) -> np.ndarray:
    """Who bought what: each article by somebody, each customer at least one."""
    drawn = np.random.default_rng(seed).random((n_customers, n_articles)) < share
    drawn[np.arange(n_customers), np.arange(n_customers) % n_articles] = True
    return drawn


def test_each_article_has_the_regression_on_all_others() -> None:
    is_bought = bought(60, 7, 0.3, seed=1)
    customers, articles = np.nonzero(is_bought)
    order = np.random.default_rng(2).permutation(len(customers))
    keys, weights = pair_weights.fit(
        customers[order].astype(np.int32), (10 * articles[order] + 3).astype(np.int32), 4.0
    )
    assert keys.tolist() == [3, 13, 23, 33, 43, 53, 63]
    for article in range(7):
        others = np.arange(7) != article
        ridge = Ridge(alpha=4.0, fit_intercept=False)
        ridge.fit(is_bought[:, others].astype(float), is_bought[:, article].astype(float))
        np.testing.assert_allclose(weights[others, article], ridge.coef_, atol=1e-6)
        assert weights[article, article] == 0


def test_sums_of_weights_are_exact() -> None:
    """As they are then the same in any order."""
    is_bought = bought(400, 50, 0.1, seed=5)
    customers, articles = (x.astype(np.int32) for x in np.nonzero(is_bought))
    _, weights = pair_weights.fit(customers, articles, 10.0)
    for own in is_bought:
        assert (weights[own].sum(axis=0) == weights[own].astype(np.float64).sum(axis=0)).all()
        backwards = weights[own][::-1].cumsum(axis=0, dtype=np.float32)[-1]
        assert (backwards == weights[own].sum(axis=0)).all()


@pytest.mark.parametrize("share", [0.02, 0.9])
def test_common_buyers_are_counted_by_either_product(
    monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    is_bought = bought(5000, 40, share, seed=6)
    expected = is_bought.T.astype(int) @ is_bought
    customers, articles = (x.astype(np.int32) for x in np.nonzero(is_bought))
    weights = []
    for cheaper in (0, 1e9):
        monkeypatch.setattr(pair_weights, "DENSE_IS_CHEAPER", cheaper)
        counted = pair_weights._common_buyers(sparse.csr_matrix(is_bought.astype(np.float32)))
        assert (counted == expected).all()
        weights.append(pair_weights.fit(customers, articles, 3.0)[1])
    assert (weights[0] == weights[1]).all()


def test_a_long_list_is_in_order() -> None:
    """Longer than what NumPy's partition happens to leave in order."""
    weights = np.random.default_rng(7).permutation(10**6).reshape(1000, 1000).astype(np.float32)
    found = pair_weights.best(weights, sparse.csr_matrix(np.eye(1000, dtype=np.float32)[:3]), 400)
    for row in range(3):
        others = np.delete(weights[row], row)
        assert found["pair_sum"][found["row"] == row].tolist() == np.sort(others)[:-401:-1].tolist()


def test_an_article_without_weights_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="has no weights"):
        connection.execute(
            """
            select best_partners([1, 3], [0, 1, 1, 0]::float[], [struct_pack(
                customer_key := 1, article_key := 2, days_since := 1, most := 9
            )])
            """
        ).fetchall()


def test_nothing_bought_is_an_empty_list(connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute(
        """
        select
            pair_weights([]::struct(customer_key integer, article_key integer)[], 1.0::double),
            best_partners([1, 3], [0, 1, 1, 0]::float[], []::struct(
                customer_key integer, article_key integer, days_since integer, most integer
            )[])
        """
    ).fetchall() == [({"article_keys": [], "weights": []}, [])]


@pytest.mark.parametrize("most", [1, 3, 40])
def test_the_best_are_those_of_all_sums_in_order(most: int) -> None:
    """More customers than a block, few different weights, so that many sums tie."""
    is_bought = bought(1100, 30, 0.1, seed=3)
    generator = np.random.default_rng(4)
    weights = generator.integers(-2, 3, (30, 30)).astype(np.float32) / np.float32(8)
    np.fill_diagonal(weights, 0)
    days = np.where(is_bought, generator.integers(1, 9, is_bought.shape), 0).astype(np.float32)
    found = pair_weights.best(weights, sparse.csr_matrix(days), most)
    expected = []
    for row, own in enumerate(is_bought):
        sums = weights[own].sum(axis=0)
        listed = [at for at in np.argsort(-sums, kind="stable") if not own[at] and sums[at] > 0]
        for rank, at in enumerate(listed[:most], 1):
            highest = weights[own, at].max()
            since = days[row, own & (weights[:, at] == highest)].min()
            expected.append((row, at, sums[at], highest, since, rank))
    names = ["row", "column", "pair_sum", "pair_max", "pair_days_since", "pair_rank"]
    assert list(zip(*(found[name].tolist() for name in names), strict=True)) == expected
    assert len(expected) > 1000


def test_sql_has_both_for_several_windows_at_once(connection: duckdb.DuckDBPyConnection) -> None:
    """Windows of other articles, customers with other lengths; more windows than one of each."""
    connection.execute(
        """
        create table purchases as
        select
            window_id,
            cast(customer as integer) as customer_key,
            cast(window_id * 100 + article as integer) as article_key,
            cast(1 + (customer + article) % 5 as integer) as days_since,
            cast(case when customer % 2 = 0 then 1 else 4 end as integer) as most
        from
            range(3) as windows (window_id),
            range(40) as customers (customer),
            range(6) as articles (article)
        where hash(window_id, customer, article) % 3 = 0
        """
    )
    connection.execute(
        """
        create table weights as
        select
            window_id,
            unnest(pair_weights(
                list(struct_pack(customer_key := customer_key, article_key := article_key)),
                2.0::double
            ))
        from purchases
        group by window_id
        """
    )
    rows = connection.execute(
        """
        with bought as (
            select
                window_id,
                list(struct_pack(
                    customer_key := customer_key,
                    article_key := article_key,
                    days_since := days_since,
                    most := most
                )) as listed
            from purchases
            group by window_id
        )
        select window_id, unnest(best_partners(article_keys, weights, listed), max_depth := 2)
        from bought inner join weights using (window_id)
        """
    ).fetchall()
    expected = set()
    for window_id in range(3):
        customers, articles, days, most = (
            np.asarray(column)
            for column in connection.execute(
                "select customer_key, article_key, days_since, most from purchases "
                "where window_id = ? order by customer_key",
                [window_id],
            )
            .fetchnumpy()
            .values()
        )
        keys, weights = pair_weights.fit(customers, articles, 2.0)
        for customer in np.unique(customers):
            own = customers == customer
            one = sparse.csr_matrix(
                (days[own].astype(np.float32), (np.zeros(own.sum()), articles[own] - keys[0])),
                (1, len(keys)),
            )
            best = pair_weights.best(weights, one, int(most[own][0]))
            for values in zip(
                keys[best["column"]].tolist(),
                *(
                    best[name].tolist()
                    for name in ("pair_sum", "pair_max", "pair_days_since", "pair_rank")
                ),
                strict=True,
            ):
                expected.add((window_id, customer, *values))
    assert len(rows) == len(expected) > 100
    assert set(rows) == expected
    assert max(row[-1] for row in rows if row[1] % 2 == 0) == 1


def test_a_window_whose_customers_share_nothing_has_no_partners(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    ((keys, weights, partners),) = connection.execute(
        """
        with purchases as (
            select range::integer as customer_key, range::integer as article_key
            from range(3)
        ),
        weights as (
            select unnest(pair_weights(
                list(struct_pack(customer_key := customer_key, article_key := article_key)),
                1.0::double
            ))
            from purchases
        ),
        bought as (
            select list(struct_pack(
                customer_key := customer_key, article_key := article_key, days_since := 1, most := 9
            )) as listed
            from purchases
        )
        select article_keys, weights, best_partners(article_keys, weights, listed)
        from weights cross join bought
        """
    ).fetchall()
    assert keys == [0, 1, 2]
    assert weights == [0.0] * 9
    assert partners == []
