with customers as (

    select * from {{ ref("abt_customers") }}

),

windows as (

    select * from {{ ref("windows") }}

)

select
    windows.window_id,
    windows.cutoff_on,
    windows.is_submission,
    windows.is_backtest,
    customers.recency,
    customers.age_band,
    cast(count(*) as integer) as n_customers,
    cast(sum(case when customers.is_training then 1 else 0 end) as integer) as n_training_customers
from windows
inner join customers on windows.window_id = customers.window_id
group by
    windows.window_id,
    windows.cutoff_on,
    windows.is_submission,
    windows.is_backtest,
    customers.recency,
    customers.age_band
