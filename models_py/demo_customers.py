"""The demo customers: who they are, and on which days they shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb

from models_py.demo_shares import load

FIRST_DAY = dt.date(2018, 9, 20)
LAST_DAY = dt.date(2020, 9, 22)
N_DAYS = (LAST_DAY - FIRST_DAY).days + 1
DAY_SLOTS = 1 << 18

# Sales of a mean day of each month against a mean day of 2019, September 2018 first. Published:
# June 2019, July 2019, December 2019 and the last weeks; the others fill in a likely shape.
MONTH_LEVELS = (
    1.10, 1.03, 0.97, 0.85,
    0.93, 0.95, 0.94, 1.13, 1.12, 1.44, 1.37, 0.97, 0.95, 0.90, 0.90, 0.83,
    0.83, 0.83, 0.76, 1.06, 1.06, 1.27, 1.02, 0.98, 0.93,
)  # fmt: skip

# Monday first; Wednesday, Thursday, Saturday, Sunday and Monday are published.
WEEKDAY_LEVELS = (0.90, 0.97, 1.08, 1.07, 1.03, 1.09, 0.90)

SALE_DAYS = {
    dt.date(2018, 11, 23): 3.4, dt.date(2018, 12, 26): 1.8, dt.date(2019, 4, 18): 2.0,
    dt.date(2019, 5, 23): 1.9, dt.date(2019, 6, 22): 2.2, dt.date(2019, 9, 28): 5.2,
    dt.date(2019, 11, 29): 4.1, dt.date(2019, 12, 27): 1.7, dt.date(2020, 4, 11): 3.0,
    dt.date(2020, 5, 21): 1.8, dt.date(2020, 6, 20): 2.3,
}  # fmt: skip

# Per cent of customers of each age from 16 to 99, in spans of ages of equal share.
AGE_SPANS = (
    (16, 17, 1.0), (18, 18, 1.4), (19, 19, 3.2), (20, 24, 21.0), (25, 29, 17.5), (30, 31, 6.6),
    (32, 34, 6.4), (35, 39, 6.0), (40, 44, 6.2), (45, 49, 8.6), (50, 54, 10.0), (55, 59, 6.5),
    (60, 64, 3.2), (65, 69, 1.4), (70, 79, 0.85), (80, 99, 0.15),
)  # fmt: skip

# Shopping days per customer: share of customers below, number of days. Logarithmic in between.
DAYS_KNOTS = (
    (0.0, 1.0), (0.23, 1.0), (0.34, 2.0), (0.46, 3.5), (0.60, 6.3), (0.75, 11.5), (0.86, 19.0),
    (0.94, 30.0), (0.98, 44.0), (0.995, 63.0), (0.9995, 105.0), (1.0, 220.0),
)  # fmt: skip


def day_levels() -> list[float]:
    """Relative sales of each day from `FIRST_DAY` to `LAST_DAY`."""
    levels = []
    for offset in range(N_DAYS):
        day = FIRST_DAY + dt.timedelta(days=offset)
        month = (day.year - 2018) * 12 + day.month - 9
        levels.append(
            MONTH_LEVELS[month] * WEEKDAY_LEVELS[day.weekday()] * SALE_DAYS.get(day, 0.97)
        )
    return levels


def _load_calendar(con: duckdb.DuckDBPyConnection) -> None:
    """Load `day_slots`: each day fills slots in proportion to its sales."""
    levels = day_levels()
    total, before = sum(levels), 0.0
    rows: list[dict[str, object]] = []
    for day_no, level in enumerate(levels):
        first = round(before / total * DAY_SLOTS)
        before += level
        rows.append({"day_no": day_no, "lo": first, "hi": round(before / total * DAY_SLOTS)})
    load(con, "days", rows)
    con.execute("""
        create or replace table day_slots as
        select unnest(range(lo, hi))::int as slot, day_no::int as day_no from days
    """)


def _knots(
    con: duckdb.DuckDBPyConnection, table: str, knots: Sequence[tuple[float, float]]
) -> None:
    """Load a quantile function as rows of an interval each: lo, hi, low, high."""
    load(con, table, [
        {"lo": lo, "hi": hi, "low": low, "high": high}
        for (lo, low), (hi, high) in zip(knots[:-1], knots[1:], strict=True)
    ])  # fmt: skip


_CUSTOMERS = """
create or replace table customers as
with named as (
    select c, sha256('customer ' || {seed} || ' ' || c) as customer_id
    from range({n_customers}) as r(c)
),

numbered as (
    select (row_number() over (order by customer_id) - 1)::int as customer_no, customer_id
    from named
),

aged as (
    select n.*, u01(n.customer_no, 'age') as u_age, a.age::int as age
    from numbered as n
    asof join ages as a on u01(n.customer_no, 'age') >= a.lo
)

select
    a.*,
    u01(customer_no, 'no age') < 0.01156 as is_age_missing,
    case when age < 25 then 0 when age < 35 then 1 when age < 50 then 2 else 3 end as age_band,
    case
        when u01(customer_no, 'never') < 0.00707 then 0
        else round(k.low * power(k.high / k.low,
            (u01(customer_no, 'activity') - k.lo) / (k.hi - k.lo)))
    end::int as n_days
from aged as a
asof join days_knots as k on u01(a.customer_no, 'activity') >= k.lo
order by a.customer_no
"""

# A customer shops in bursts: a first day drawn over the time as a customer, then days that follow
# within a week or two. Some are customers throughout, some come late, some leave.
_SHOPPING_DAYS = """
create or replace table shopping_days as
with spans as (
    select
        customer_no, n_days,
        case
            when u01(customer_no, 'span') < {p_whole} then 0.0
            else u01(customer_no, 'first')
        end as starts,
        case
            when u01(customer_no, 'leaves') < {p_leaves}
                then 0.06 + 0.94 * u01(customer_no, 'last')
            else 1.0
        end as stays
    from customers
    where n_days > 0
),

trips as (
    select
        customer_no, n_days, starts, stays,
        unnest(range(n_days))::int as trip_no
    from spans
),

burst as (
    select
        *,
        ceil(trip_no * {burst_share})::int as burst_no,
        ceil(trip_no * {burst_share})::int
            = ceil((trip_no - 1) * {burst_share})::int and trip_no > 0 as is_follow_up
    from trips
),

placed as (
    select
        customer_no,
        starts,
        starts + (1 - starts) * stays as ends,
        case when burst_no = 0
            then starts + (1 - starts) * stays * u01(customer_no, 'sure')
            else u01(customer_no * 1000::bigint + burst_no, 'burst')
        end as at_time,
        case when is_follow_up
            then 1 + floor(-{gap_days} * ln(1 - u01(customer_no * 1000::bigint + trip_no, 'gap')))
            else 0
        end::int as days_later
    from burst
)

select
    customer_no,
    day_no,
    row_number() over (partition by customer_no order by day_no)::int as basket_no,
    day_no - lag(day_no) over (partition by customer_no order by day_no) as days_since
from (
    select distinct p.customer_no, s.day_no + p.days_later as day_no
    from placed as p
    join day_slots as s on floor({slots} * p.at_time)::int = s.slot
    where p.at_time between p.starts and p.ends and s.day_no + p.days_later < {n_days}
)
order by day_no, customer_no
"""


def build_customers(con: duckdb.DuckDBPyConnection, n_customers: int, seed: int) -> None:
    """Create `customers`, in the order of customer_id, and `shopping_days`.

    `shopping_days` has one row per customer and day: customer_no, day_no (0 is `FIRST_DAY`),
    basket_no (1 is the customer's first), days_since (the basket before; missing for the first).
    """
    _load_calendar(con)
    ages: list[dict[str, object]] = []
    total, before = sum(share for _, _, share in AGE_SPANS), 0.0
    for low, high, share in AGE_SPANS:
        for age in range(low, high + 1):
            ages.append({"age": age, "lo": before / total})
            before += share / (high - low + 1)
    load(con, "ages", ages)
    _knots(con, "days_knots", DAYS_KNOTS)
    con.execute(_CUSTOMERS.format(seed=int(seed), n_customers=n_customers))
    con.execute(
        _SHOPPING_DAYS.format(
            slots=DAY_SLOTS, n_days=N_DAYS, p_whole=0.87, p_leaves=0.25, burst_share=0.8, gap_days=8
        )
    )


WRITE_CUSTOMERS = """
select
    customer_id,
    case when u01(customer_no, 'news') < 0.35 then 1.0::double end as FN,
    case when u01(customer_no, 'news') < 0.338 then 1.0::double end as Active,
    case
        when u01(customer_no, 'club') < 0.927 then 'ACTIVE'
        when u01(customer_no, 'club') < 0.995 then 'PRE-CREATE'
        when u01(customer_no, 'club') < 0.996 then 'LEFT CLUB'
    end as club_member_status,
    case
        when u01(customer_no, 'news') < 0.351 then 'Regularly'
        when u01(customer_no, 'news') < 0.3525 then 'Monthly'
        when u01(customer_no, 'news') < 0.3535 then 'None'
        when u01(customer_no, 'news') < 0.988 then 'NONE'
    end as fashion_news_frequency,
    case when not is_age_missing then age end as age,
    case
        when u01(customer_no, 'no address') < 0.0876 then sha256('unknown address')
        else sha256('address ' || floor(u01(customer_no, 'address') * {n_addresses})::int)
    end as postal_code
from customers
order by customer_no
"""
