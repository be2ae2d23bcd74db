{{ config(post_hook="{{ insert_other_pieces('typed_transactions') }}") }}
-- depends_on: {{ ref("rejected_rows") }}
-- (a build with too many refused rows ends there)

with typed_transactions as (

    select * from {{ ref("typed_transactions") }}
    where {{ of_piece() }}

),

known_days as (

    select sold_on from {{ ref("purchase_days") }}
    where stray_because is null and {{ known_as_of("sold_on") }}

)

select
    purchases.sold_on,
    purchases.customer_key,
    purchases.article_key,
    purchases.price,
    purchases.is_online,
    cast(count(*) as integer) as quantity
from typed_transactions as purchases
inner join known_days on purchases.sold_on = known_days.sold_on
where not purchases.is_refused
group by purchases.sold_on, purchases.customer_key, purchases.article_key, purchases.price, purchases.is_online
-- What is counted by customer from here on meets each customer's rows together.
order by purchases.customer_key, purchases.sold_on
