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
where rejected_because is null and {{ known_as_of("sold_on") }}
group by sold_on, customer_key, article_key, price, is_online
