with typed_transactions as (

    select * from {{ ref("typed_transactions") }}

),

days as (

    select
        sold_on,
        count(*) as n_rows
    from typed_transactions
    where not is_refused
    group by sold_on

),

compared as (

    select
        sold_on,
        n_rows,
        lag(sold_on) over (order by sold_on) as day_before,
        sum(n_rows) over (order by sold_on desc) as n_rows_from_here,
        sum(n_rows) over () as n_all_rows
    from days

),

-- The few rows after a long time without any are slips of the pen, not the last week.
last_days as (

    select min(day_before) as last_day
    from compared
    where
        {{ days_between("day_before", "sold_on") }} > {{ var("max_days_without_purchases") }}
        and n_rows_from_here <= {{ var("max_stray_share") }} * n_all_rows

)

select
    days.sold_on,
    days.n_rows,
    {% if var("as_of") is none %}
    coalesce(days.sold_on > last_days.last_day, false) as is_stray
    {% else %}
    false as is_stray
    {% endif %}
from days
cross join last_days
