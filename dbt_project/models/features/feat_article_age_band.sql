with purchases as (

    select * from {{ ref("stg_transactions") }}

),

windows as (

    select * from {{ ref("windows") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

)

select
    windows.window_id,
    customers.age_band,
    purchases.article_key,
    cast(sum(purchases.quantity) as integer) as n_sold
from windows
inner join purchases on {{ in_history("purchases.sold_on", "windows", var("best_seller_days")) }}
inner join customers on purchases.customer_key = customers.customer_key
group by windows.window_id, customers.age_band, purchases.article_key
