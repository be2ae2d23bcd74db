"""How well each demo article sells in each week.

Weights that later choose an article are integers, because a sum of floating-point numbers depends
on the order of its terms, and so on the number of threads.
"""

from __future__ import annotations

import duckdb

from models_py import demo_hierarchy as hierarchy
from models_py import demo_values as values
from models_py.demo_catalogue import REAL_ARTICLES, TYPE_NUMBERS, n_articles_for
from models_py.demo_shares import load

LAST_WEEK = 104
WEIGHT_TOTAL = 10_000_000_000
# how flat the head of a week's best sellers is, for the full catalogue: see `_CAP`
CAP_SHARE = 0.0042

_WEEK_WEIGHTS = """
create or replace table week_weights as
with lives as (
    select
        a.article_no, a.product_type_no, a.colour_group_code, a.graphical_appearance_no,
        a.index_group_no, a.log_weight, a.half_weeks, a.launch_week,
        unnest(range(greatest(0, a.launch_week), least({last_week}, a.launch_week
            + (26 + 3 * a.half_weeks)::int) + 1))::int as week_no
    from articles as a
    where not a.is_never_sold
)

select
    week_no,
    month(date '2018-09-19' + (week_no * 7 + 3)::int) as month_no,
    article_no, product_type_no, colour_group_code, graphical_appearance_no, index_group_no,
    greatest(1, round(1e6 * exp(log_weight)
        * case week_no - launch_week when 0 then 0.35 when 1 then 0.8 else 1 end
        * power(1 + (week_no - launch_week) / half_weeks, -2.4)
        * exp(0.2 * gauss(article_no * 200 + week_no, 'week')
            + 0.25 * gauss(article_no * 200 + week_no // 5, 'trend'))))::bigint as weight
from lives
"""

_PRUNE = """
create or replace table week_weights as
select w.*
from week_weights as w
join (select week_no, sum(weight) as total from week_weights group by all) as t
    on w.week_no = t.week_no
where w.weight >= {least} * t.total
"""

_FIT = """
create or replace table week_weights as
with sums as (
    select week_no, {margin}, sum(weight) as total
    from week_weights
    group by all
)

select
    w.* exclude (weight),
    greatest(1, round(w.weight * (t.share * {total} / s.total::double)))::bigint as weight
from week_weights as w
join sums as s on w.week_no = s.week_no and w.{margin} = s.{margin}
join target_{margin} as t on w.month_no = t.month_no and w.{margin} = t.code
"""

_CAP = """
create or replace table week_weights as
select
    * exclude (weight),
    greatest(1, round(weight / (1 + weight / {cap})))::bigint as weight
from week_weights
where weight >= {least}
"""


def _load_targets(con: duckdb.DuckDBPyConnection) -> None:
    """Load `target_*` (month, code, share): what each week's sales are fitted to."""
    margins: dict[str, list[tuple[int, float, str]]] = {
        "product_type_no": [
            (TYPE_NUMBERS[t.name], t.sales, t.season) for t in values.PRODUCT_TYPES
        ],
        "colour_group_code": [(c.code, c.sales, "flat") for c in values.COLOURS],
        "graphical_appearance_no": [(p.number, p.sales, "flat") for p in values.PATTERNS],
        "index_group_no": [(n, s, "flat") for n, s in hierarchy.INDEX_GROUP_SALES.items()],
    }
    for name, margin in margins.items():
        rows: list[dict[str, object]] = []
        for month in range(1, 13):
            shares = [s * values.SEASONS[season][month - 1] for _, s, season in margin]
            rows.extend(
                {"month_no": month, "code": code, "share": share / sum(shares)}
                for (code, _, _), share in zip(margin, shares, strict=True)
            )
        load(con, f"target_{name}", rows)


def build_weeks(con: duckdb.DuckDBPyConnection, n_customers: int) -> None:
    """Create `week_weights`: one row per week and article on sale.

    `weight` is an integer, the article's part of `WEIGHT_TOTAL` in the sales of the week. Each
    week is fitted to the published shares of product type (with its season), colour, pattern and
    index group.
    """
    _load_targets(con)
    con.execute(_WEEK_WEIGHTS.format(last_week=LAST_WEEK))
    margins = ("index_group_no", "product_type_no", "colour_group_code", "graphical_appearance_no")
    # what would sell less than once in thirty weeks is off sale: it only costs time
    least = 0.03 * WEIGHT_TOTAL / (0.22 * n_customers)
    # no article outgrows its week; of a smaller catalogue, one may take more
    cap = CAP_SHARE * WEIGHT_TOTAL * (REAL_ARTICLES / n_articles_for(n_customers)) ** 0.4
    con.execute(_PRUNE.format(least=least / WEIGHT_TOTAL / 5))
    for turn in range(3):
        for margin in reversed(margins):
            con.execute(_FIT.format(margin=margin, total=WEIGHT_TOTAL))
        if turn < 2:
            con.execute(_CAP.format(cap=cap, least=least))
