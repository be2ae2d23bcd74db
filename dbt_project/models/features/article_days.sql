with purchases as (

    select * from {{ ref("stg_transactions") }}

)

select
    article_key,
    sold_on,
    cast(sum(quantity) as integer) as n_sold
from purchases
group by article_key, sold_on
