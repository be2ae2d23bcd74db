with purchases as (

    select * from {{ ref("stg_transactions") }}

)

select
    customer_key,
    sold_on,
    cast(count(*) as integer) as n_lines,
    cast({{ whole_sum("quantity") }} as integer) as n_bought,
    cast({{ whole_sum("case when is_online then quantity else 0 end") }} as integer) as n_bought_online,
    cast(
        {{ whole_sum("case when is_online is not null then quantity else 0 end") }} as integer
    ) as n_bought_of_known_channel,
    -- Decimal: a sum of doubles depends on the order in which the threads add them.
    cast(sum(cast(price * quantity as decimal(28, 8))) as decimal(28, 8)) as spend
from purchases
group by customer_key, sold_on
