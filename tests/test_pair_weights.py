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
    # In units, so that sums are exact.
    assert (weights / pair_weights.UNIT == np.round(weights / pair_weights.UNIT)).all()


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
