"""The demo purchases: the rows of each basket, in order of days."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from models_py.demo_customers import FIRST_DAY
from models_py.demo_draws import draw_lines, prepare_draws
from models_py.demo_weeks import LAST_WEEK

ROWS_AT_ONCE = 1_250_000
ROWS_PER_CUSTOMER_WEEK = 0.22

# A line is an article, at times a second or third variant of it, and each at times twice.
_PURCHASES = """
create or replace temp table purchases as
with articles_of_lines as (
    select
        c.customer_no, c.day_no, c.line_no, c.line_key, c.basket_key, c.week_no, c.article_no,
        a.first_article_no, a.n_variants, a.variant_rank,
        case
            when a.n_variants = 1 then 0
            when u01(c.line_key, 'variants') < {third_variant} then 2
            when u01(c.line_key, 'variants') < {second_variant} then 1
            else 0
        end as n_more
    from chosen as c
    join articles as a on c.article_no = a.article_no
),

with_variants as (
    select
        *,
        unnest(range(least(n_more, n_variants - 1) + 1))::int as more_no,
        -- the other variants come in order of their popularity
        case when more_no > 0 then first_article_no * 128::bigint
            + case when more_no - 1 < variant_rank then more_no - 1 else more_no end
        end as variant_key
    from articles_of_lines
),

named as (
    select w.*, case when w.more_no = 0 then w.article_no else v.article_no end as sold_article_no
    from with_variants as w
    left join variants as v on w.variant_key = v.variant_key
    where w.more_no = 0 or v.launch_week <= w.week_no
),

counted as (
    select
        customer_no, day_no, basket_key, line_no, more_no, week_no,
        sold_article_no as article_no,
        u01(line_key * 4 + more_no, 'pieces') as u_pieces
    from named
)

select
    c.customer_no, c.day_no, c.line_no, c.more_no, c.article_no,
    unnest(range(case
        when u_pieces < {one_piece} then 1 when u_pieces < {two_pieces} then 2
        when u_pieces < {three_pieces} then 3 else 6 end))::int as piece_no,
    (a.cents
        * case
            when c.week_no - a.launch_week > a.half_weeks * 2
                and u01(c.article_no * 200 + c.week_no // 3, 'markdown') < 0.6
                then 0.5 + 0.1 * floor(3 * u01(c.article_no * 200 + c.week_no // 3, 'depth'))
            when u01(c.article_no * 200 + c.week_no, 'offer') < 0.12 then 0.8
            else 1
        end
        * case when u01(c.basket_key, 'voucher') < 0.15 then 0.9 else 1 end)::int as cents,
    case when u01(c.basket_key, 'channel')
        < case when u01(c.customer_no, 'channel') < 0.6 then 0.90 else 0.38 end
        then 2 else 1 end as sales_channel_id
from counted as c
join articles as a on c.article_no = a.article_no
"""

WRITE_PURCHASES = f"""
select
    date '{FIRST_DAY}' + p.day_no as t_dat,
    c.customer_id,
    a.article_id,
    p.cents / 59000.0 as price,
    p.sales_channel_id
from purchases as p
join customers as c on p.customer_no = c.customer_no
join articles as a on p.article_no = a.article_no
order by p.day_no, p.customer_no, p.line_no, p.more_no, p.piece_no
"""

# Shares of lines with a third, and with a second or third variant; and, cumulated, of articles
# bought in one, two and three pieces.
_SETTINGS: dict[str, float] = {
    "third_variant": 0.02, "second_variant": 0.08,
    "one_piece": 0.931, "two_pieces": 0.984, "three_pieces": 0.994,
}  # fmt: skip


def periods(con: duckdb.DuckDBPyConnection, n_customers: int) -> Iterator[int]:
    """Create the table `purchases` for one period after the other; yields the period's number.

    The fewer customers, the longer the periods: memory stays bounded, and small sets don't pay
    for many small statements.
    """
    prepare_draws(con)
    con.execute("""
        create or replace table variants as
        select
            first_article_no * 128::bigint + variant_rank as variant_key, article_no, launch_week
        from articles
        where not is_never_sold
    """)
    n_weeks = max(1, round(ROWS_AT_ONCE / (ROWS_PER_CUSTOMER_WEEK * n_customers)))
    for number, first_week in enumerate(range(0, LAST_WEEK + 1, n_weeks)):
        draw_lines(con, first_week, min(LAST_WEEK, first_week + n_weeks - 1))
        con.execute(_PURCHASES.format(**_SETTINGS))
        yield number
