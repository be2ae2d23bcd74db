{% set n_wanted = var("n_backtest_windows") + var("n_training_windows") %}
{% set n_least = [var("min_past_windows"), n_wanted] | min %}
{% set last_day = "max(sold_on)" if var("as_of") is none else "cast('" ~ var("as_of") ~ "' as date)" %}

with customer_days as (

    select * from {{ ref("customer_days") }}

),

days as (

    select
        min(sold_on) as first_day,
        {{ add_days(last_day, 1) }} as next_day
    from customer_days

),

-- The days that the labels of past windows share.
shared_days as (

    select
        first_day,
        next_day,
        {{ days_between("first_day", "next_day") }} - {{ var("min_history_days") }} as n_days
    from days

),

-- Of few days a past window looks less far ahead, so that there are some from which to learn and on which to choose.
steps as (

    select
        first_day,
        next_day,
        -- As `least` passes over nulls, no least number of windows means no shorter label.
        greatest(least({{ var("horizon_days") }}, n_days // nullif({{ n_least }}, 0)), 1) as step_days
    from shared_days

),

numbers as (
    {% for n in range(n_wanted + var("extra_training_windows") + 1) %}
    select {{ n }} as window_id
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

cutoffs as (

    select
        numbers.window_id,
        steps.first_day,
        case when numbers.window_id = 0 then {{ var("horizon_days") }} else steps.step_days end as label_days,
        {{ add_days("steps.next_day", "-steps.step_days * numbers.window_id") }} as cutoff_on
    from numbers
    cross join steps

),

bounded as (

    select
        window_id,
        cutoff_on,
        {{ add_days("cutoff_on", "label_days") }} as label_until,
        greatest(first_day, {{ add_days("cutoff_on", -var("history_days")) }}) as history_from
    from cutoffs

),

measured as (

    select
        *,
        greatest({{ days_between("history_from", "cutoff_on") }}, 0) as n_history_days
    from bounded

),

-- Customers to learn from in each training window, and in the training windows after it.
buyers as (

    select
        measured.window_id,
        least(count(distinct customer_days.customer_key), {{ var("max_training_customers") }}) as n_buyers
    from measured
    left join customer_days on {{ in_label("customer_days.sold_on", "measured") }}
    where measured.window_id > {{ var("n_backtest_windows") }}
    group by measured.window_id

),

enough as (

    select
        window_id,
        sum(n_buyers) over (order by window_id) - n_buyers as n_later_buyers
    from buyers

)

select
    cast(measured.window_id as integer) as window_id,
    measured.cutoff_on,
    measured.label_until,
    measured.history_from,
    measured.n_history_days,
    measured.window_id = 0 as is_submission,
    measured.window_id between 1 and {{ var("n_backtest_windows") }} as is_backtest
from measured
left join enough on measured.window_id = enough.window_id
where
    measured.window_id <= {{ n_wanted }}
    or (
        enough.n_later_buyers < {{ var("enough_training_customers") }}
        and measured.n_history_days >= {{ var("min_history_days") }}
    )
