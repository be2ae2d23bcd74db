with purchases as (

    select * from {{ ref("stg_transactions") }}

),

followed as (

    select
        article_key,
        sold_on,
        lag(sold_on) over (partition by customer_key, article_key order by sold_on) as bought_before_on
    from purchases

)

select
    article_key,
    sold_on,
    cast(count(*) as integer) as n_buyers,
    cast(count(bought_before_on) as integer) as n_returning,
    cast(coalesce({{ whole_sum(days_between("bought_before_on", "sold_on")) }}, 0) as bigint) as days_since_bought_before
from followed
-- The second piece of a day is not another buyer, nor one who comes back.
where bought_before_on is null or bought_before_on < sold_on
group by article_key, sold_on
