"""Customers of habit, who buy the same articles week after week: what can be learnt shows."""

from pathlib import Path

from tests.dbt import runs
from tests.dbt.test_bad_input import ARTICLES, CUSTOMERS

N_CUSTOMERS = 120
# Few windows, and of the cheapest kind.
SMALL = "n_training_windows: 2, extra_training_windows: 0, n_backtest_windows: 2"
# Without what a customer bought before, nothing of the habits can be seen.
BLIND = f"""{{
    {SMALL}, purchase_grain: department, candidate_sources: {{
        favourite_pattern: {{for: customer, most: 6}}, popular_overall: {{for: everyone, most: 36}}
    }}
}}"""

PURCHASES = """
    select (date '2020-01-01' + (7 * week + c % 7)::int)::varchar as t_dat,
        'customer' || c as customer_id,
        '0' || lpad((100000000 + (c * 3 + k) % 60)::varchar, 9, '0') as article_id,
        '{price}' as price, '2' as sales_channel_id
    from range({n_customers}) as a(c), range({n_weeks}) as b(week), range(2) as d(k)
"""


def make(folder: Path, n_weeks: int = 8, price: str = "0.05") -> Path:
    """Write the three files of so many weeks."""
    customers = CUSTOMERS.replace("range(10)", f"range({N_CUSTOMERS})")
    purchases = PURCHASES.format(n_customers=N_CUSTOMERS, n_weeks=n_weeks, price=price)
    return runs.write_inputs(
        folder,
        {
            "articles": ARTICLES.replace("range(20)", "range(60)"),
            "customers": customers.replace("20 + i", "20 + i % 50"),
            "transactions_train": purchases,
        },
    )
