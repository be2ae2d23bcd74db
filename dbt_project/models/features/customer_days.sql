with purchases as (

    select * from {{ ref("stg_transactions") }}

)

select
    customer_key,
    sold_on,
    cast(sum(quantity) as integer) as n_bought,
    cast(sum(case when is_online then quantity else 0 end) as integer) as n_bought_online,
    sum(price * quantity) as spend
from purchases
group by customer_key, sold_on
