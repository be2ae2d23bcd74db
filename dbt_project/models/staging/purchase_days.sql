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
        lag(sold_on) over (order by sold_on) as day_before,
        sum(n_rows) over (order by sold_on) - n_rows as n_rows_before,
        sum(n_rows) over (order by sold_on desc) as n_rows_from_here,
        sum(n_rows) over () as n_all_rows
    from days
    where {{ known_as_of("sold_on") }}

),

-- The few rows before or after a long time without any are slips of the pen, not the first week and not the last.
limits as (

    select
        max(sold_on) filter (where n_rows_before <= {{ var("max_stray_share") }} * n_all_rows) as first_day,
        min(day_before) filter (where n_rows_from_here <= {{ var("max_stray_share") }} * n_all_rows) as last_day
    from compared
    where {{ days_between("day_before", "sold_on") }} > {{ var("max_days_without_purchases") }}

)

select
    days.sold_on,
    days.n_rows,
    case
        when days.sold_on < limits.first_day then 't_dat is long before all others'
        {% if var("as_of") is none %}
        when days.sold_on > limits.last_day then 't_dat is long after all others'
        {% endif %}
    end as stray_because
from days
cross join limits
