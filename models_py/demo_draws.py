"""Which article each line of a demo basket is.

Every draw of an article is one asof join: a week's articles of one index group stand in a row,
each as wide as its sales, and a number between 0 and 1 points at one. There are five such rows,
ordered by type, colour, section, pattern and style. A customer's taste is a point on each that
stays the same for two years: a draw near it gives what the customer likes, at every season, and
since the points are spread evenly the week's shares stay those of the catalogue.
"""

from __future__ import annotations

import duckdb

REBUY_DAYS = 100

# Shares of index groups by age band (under 25, 25-34, 35-49, 50 and over), cumulated, in the
# order Ladieswear, Divided, Menswear, Baby/Children, Sport.
_GROUPS_BY_AGE = (
    (0.565, 0.875, 0.935, 0.940),
    (0.625, 0.865, 0.927, 0.947),
    (0.655, 0.855, 0.910, 0.955),
    (0.680, 0.900, 0.945, 0.955),
)

# How lines come about. `n1` to `n6`: share of baskets with at most so many articles; `n_tail` the
# mean of what goes beyond. `stay`: baskets in the customer's own index group, and lines in the
# basket's. `to_type` to `to_theme`: bounds, on the unit interval, of the lines near the customer's
# type, colour, section, pattern and style, and near the theme of the basket; the rest is anything.
# `as_usual`: baskets of the customer's usual size. Widths: how far from a point a draw may fall, as
# a share of the week's sales. `rebuy_*`: baskets that begin with an article of an earlier one, by
# the days since the last: up to 14, up to 45, more; `baskets_back` the mean distance beyond it.
_SETTINGS: dict[str, float] = {
    "n1": 0.43, "n2": 0.66, "n3": 0.785, "n4": 0.86, "n5": 0.91, "n6": 0.942, "n_tail": 3.1,
    "as_usual": 0.5,
    "stay": 0.55, "stay_basket": 0.7,
    "to_type": 0.17, "to_colour": 0.47, "to_section": 0.59, "to_pattern": 0.71, "to_style": 0.83,
    "to_theme": 0.92,
    "taste_width": 0.05, "style_width": 0.06, "theme_width": 0.02, "redraw_width": 0.5,
    "baskets_back": 0.5, "rebuy_soon": 0.13, "rebuy_later": 0.045, "rebuy_late": 0.01,
}  # fmt: skip

_POOLS = """
create or replace temp table pools as
with sold as (
    select
        w.week_no, w.weight, a.article_no, a.product_no, a.index_group_no,
        a.product_type_no, a.colour_group_code, a.section_no, a.graphical_appearance_no,
        a.style_no,
        case a.index_group_no when 1 then 0 when 2 then 1 when 3 then 2 when 4 then 3 else 4 end
            as group_no
    from week_weights as w
    join articles as a on w.article_no = a.article_no
    where w.week_no between {first_week} and {last_week}
),

rows_of_articles as (
    select week_no, group_no, article_no, 0 as view_no, weight, sum(weight) over (
        partition by week_no, group_no
        order by product_type_no, colour_group_code, section_no, product_no, article_no
        rows unbounded preceding) as upto
    from sold
    union all
    select week_no, group_no, article_no, 1 as view_no, weight, sum(weight) over (
        partition by week_no, group_no
        order by colour_group_code, product_type_no, section_no, product_no, article_no
        rows unbounded preceding) as upto
    from sold
    union all
    select week_no, group_no, article_no, 2 as view_no, weight, sum(weight) over (
        partition by week_no, group_no
        order by section_no, colour_group_code, product_type_no, product_no, article_no
        rows unbounded preceding) as upto
    from sold
    union all
    select week_no, group_no, article_no, 3 as view_no, weight, sum(weight) over (
        partition by week_no, group_no
        order by graphical_appearance_no, section_no, style_no, product_no, article_no
        rows unbounded preceding) as upto
    from sold
    union all
    select week_no, group_no, article_no, 4 as view_no, weight, sum(weight) over (
        partition by week_no, group_no
        order by style_no, product_no, article_no
        rows unbounded preceding) as upto
    from sold
)

select
    r.article_no,
    ((r.week_no * 5 + r.group_no) * 5 + r.view_no)::int as pool_no,
    ((r.upto - r.weight)::double / t.total::double)::double as lo
from rows_of_articles as r
join (
    select week_no, group_no, sum(weight) as total from sold group by all
) as t on r.week_no = t.week_no and r.group_no = t.group_no
"""

_ANCHORS = """
create or replace temp table anchors as
with baskets as (
    select
        s.customer_no, s.day_no, s.basket_no, s.days_since,
        (s.day_no + 1) // 7 as week_no,
        c.age_band,
        c.u_age,
        s.customer_no * 1000::bigint + s.day_no as basket_key,
        -- some customers fill large baskets, others small ones
        case when u01(basket_key, 'as usual') < {as_usual} then u01(s.customer_no, 'articles')
            else u01(basket_key, 'articles') end as u_n
    from shopping_days as s
    join customers as c on s.customer_no = c.customer_no
    where s.day_no between {first_day} and {last_day}
),

sized as (
    select
        *,
        case
            when u_n < {n1} then 1 when u_n < {n2} then 2 when u_n < {n3} then 3
            when u_n < {n4} then 4 when u_n < {n5} then 5 when u_n < {n6} then 6
            else 6 + ceil(-{n_tail} * ln((1 - u_n) / (1 - {n6})))
        end::int as n_anchors,
        case when u01(basket_key, 'own group') < {stay}
            then pick_group(age_band, u01(customer_no, 'group'))
            else pick_group(age_band, u01(basket_key, 'group'))
        end as basket_group
    from baskets
),

lines as (
    select
        *,
        unnest(range(n_anchors))::int as line_no,
    from sized
),

keyed as (
    select
        * exclude (u_n),
        basket_key * 200 + line_no as line_key,
        case when u01(line_key, 'stay') < {stay_basket} then basket_group
            else pick_group(age_band, u01(line_key, 'group')) end as group_no,
        u01(line_key, 'view') as u_view,
        u01(line_key, 'slot') as u_slot
    from lines
),

viewed as (
    select
        *,
        case
            when u_view < {to_type} then 0
            when u_view < {to_colour} then 1
            when u_view < {to_section} then 2
            when u_view < {to_pattern} then 3
            when u_view < {to_style} then 4
            when u_view < {to_theme} then 2
            else 0
        end as view_no,
        case when u_slot < 0.7 then 0 when u_slot < 0.95 then 1 else 2 end as slot_no
    from keyed
),

pointed as (
    select
        *,
        case
            when u_view >= {to_theme} then u01(line_key, 'anything')
            when u_view >= {to_style} then u01(basket_key, 'theme')
                + {theme_width} * (u01(line_key, 'near') - 0.5)
            when view_no = 4 and slot_no < 2 then
                -- two of the three styles that a customer likes come with age
                u_age + 0.3 * (u01(customer_no, 'style' || slot_no) - 0.5)
                + {style_width} * (u01(line_key, 'near') - 0.5)
            else u01((customer_no * 5 + view_no) * 3 + slot_no, 'taste')
                + {taste_width} * (u01(line_key, 'near') - 0.5)
        end as point
    from viewed
)

select
    customer_no, day_no, basket_no, days_since, basket_key, line_no, line_key, n_anchors, week_no,
    (week_no * 5 + group_no) * 5 + view_no as pool_no,
    point - floor(point) as point
from pointed
"""

_DRAWN = """
create or replace temp table drawn as
select a.*, p.article_no
from anchors as a
asof join pools as p on a.pool_no = p.pool_no and a.point >= p.lo
"""

# Narrow tastes alone would make customers buy the same article again far too often, so what they
# have already is drawn once more, near by.
_FRESH = """
create or replace temp table fresh as
with seen as (
    select customer_no, article_no, day_no, line_no from history
    union all
    select customer_no, article_no, day_no, line_no from drawn
),

owned as (
    select d.line_key, d.pool_no, d.point + {redraw_width} * (u01(d.line_key, 'redrawn') - 0.5) as p
    from drawn as d
    where exists (
        select 1
        from seen as s
        where s.customer_no = d.customer_no and s.article_no = d.article_no
            and (s.day_no < d.day_no or (s.day_no = d.day_no and s.line_no < d.line_no))
    )
),

redrawn as (
    select o.line_key, p.article_no
    from (select line_key, pool_no, p - floor(p) as point from owned) as o
    asof join pools as p on o.pool_no = p.pool_no and o.point >= p.lo
)

select d.* exclude (article_no), coalesce(r.article_no, d.article_no) as article_no
from drawn as d
left join redrawn as r on d.line_key = r.line_key
"""

# Some baskets begin with an article of an earlier one, mostly the one before, mostly soon after.
_REBOUGHT = """
create or replace temp table chosen as
with wishes as (
    select
        customer_no, line_key, day_no, week_no,
        basket_no - 1 - floor(-{baskets_back} * ln(1 - u01(line_key, 'how long ago')))::int
            as from_basket,
        u01(line_key, 'which line') as u_line
    from fresh
    where basket_no > 1 and line_no = 0
        and u01(line_key, 'again') < case
            when days_since <= 14 then {rebuy_soon} when days_since <= 45 then {rebuy_later}
            else {rebuy_late} end
),

found as (
    select w.line_key, h.article_no
    from wishes as w
    join history_and_now as h
        on w.customer_no = h.customer_no and w.from_basket = h.basket_no
        and h.line_no = floor(w.u_line * h.n_anchors)
    join articles as a on h.article_no = a.article_no
    where a.launch_week + (26 + 3 * a.half_weeks)::int >= w.week_no
)

select d.* exclude (article_no), coalesce(f.article_no, d.article_no) as article_no
from fresh as d
left join found as f on d.line_key = f.line_key
"""

_NOW = """
create or replace temp view history_and_now as
select customer_no, basket_no, line_no, n_anchors, article_no from history
union all
select customer_no, basket_no, line_no, n_anchors, article_no from fresh
"""

_KEEP_HISTORY = """
create or replace temp table history as
select customer_no, basket_no, line_no, n_anchors, day_no, article_no
from history
where day_no > {last_day} - {rebuy_days}
union all
select customer_no, basket_no, line_no, n_anchors, day_no, article_no
from chosen
"""


def prepare_draws(con: duckdb.DuckDBPyConnection) -> None:
    """Create the macro that picks an index group by age band, and the empty `history`."""
    cases = "\n".join(
        f"when {band} then case "
        + " ".join(f"when u < {bound} then {group}" for group, bound in enumerate(bounds))
        + " else 4 end"
        for band, bounds in enumerate(_GROUPS_BY_AGE)
    )
    con.execute(f"create or replace macro pick_group(band, u) as case band {cases} end")
    con.execute("""
        create or replace temp table history (
            customer_no int, basket_no int, line_no int, n_anchors int, day_no int, article_no int
        )
    """)


def draw_lines(con: duckdb.DuckDBPyConnection, first_week: int, last_week: int) -> None:
    """Create `chosen` for these weeks: one row per customer, day and line, with its article.

    Weeks must be drawn in their order, since lines that buy something again look into `history`.
    """
    names = {
        "first_week": first_week,
        "last_week": last_week,
        # the first week lacks a day: day 0 is its second
        "first_day": max(0, first_week * 7 - 1),
        "last_day": last_week * 7 + 5,
        "rebuy_days": REBUY_DAYS,
        **_SETTINGS,
    }
    for statement in (_POOLS, _ANCHORS, _DRAWN, _FRESH, _NOW, _REBOUGHT, _KEEP_HISTORY):
        con.execute(statement.format(**names))
