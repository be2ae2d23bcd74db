with purchases as (

    select * from {{ ref("stg_transactions") }}

),

recent_days as (

    {{ days_of_history(var("best_seller_days")) | indent(4) }}

),

customers as (

    select * from {{ ref("stg_customers") }}

)

select
    recent_days.window_id,
    customers.age_band,
    purchases.article_key,
    cast(sum(purchases.quantity) as integer) as n_sold
from recent_days
inner join purchases on recent_days.sold_on = purchases.sold_on
inner join customers on purchases.customer_key = customers.customer_key
group by recent_days.window_id, customers.age_band, purchases.article_key
