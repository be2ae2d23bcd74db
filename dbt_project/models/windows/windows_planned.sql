{% set n_windows = var("n_backtest_windows") + var("n_training_windows") %}
{% set last_day = "max(sold_on)" if var("as_of") is none else "cast('" ~ var("as_of") ~ "' as date)" %}

with purchases as (

    select
        min(sold_on) as first_day,
        {{ add_days(last_day, 1) }} as next_day
    from {{ ref("stg_transactions") }}

),

numbers as (
    {% for n in range(n_windows + 1) %}
    select {{ n }} as window_id
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

cutoffs as (

    select
        numbers.window_id,
        purchases.first_day,
        {{ add_days("purchases.next_day", "-" ~ var("horizon_days") ~ " * numbers.window_id") }} as cutoff_on
    from numbers
    cross join purchases

),

bounded as (

    select
        window_id,
        cutoff_on,
        {{ add_days("cutoff_on", var("horizon_days")) }} as label_until,
        greatest(first_day, {{ add_days("cutoff_on", -var("history_days")) }}) as history_from
    from cutoffs

)

select
    cast(window_id as integer) as window_id,
    cutoff_on,
    label_until,
    history_from,
    greatest({{ days_between("history_from", "cutoff_on") }}, 0) as n_history_days,
    window_id = 0 as is_submission,
    window_id between 1 and {{ var("n_backtest_windows") }} as is_backtest
from bounded
