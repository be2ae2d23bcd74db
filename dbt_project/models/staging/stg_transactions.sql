-- depends_on: {{ ref("rejected_rows") }}
-- (a build with too many refused rows ends there)

with typed_transactions as (

    select * from {{ ref("typed_transactions") }}

)

select
    sold_on,
    customer_key,
    article_key,
    price,
    is_online,
    cast(count(*) as integer) as quantity
from typed_transactions
where
    rejected_because is null
    {%- if var("as_of") is not none %}
    and sold_on <= cast('{{ var("as_of") }}' as date)
    {%- endif %}
group by sold_on, customer_key, article_key, price, is_online
