{{ config(post_hook="{{ insert_other_pieces('stg_transactions') }}") }}

with purchases as (

    select * from {{ ref("stg_transactions") }}
    where {{ of_piece() }}

)

select
    customer_key,
    article_key
from purchases
group by customer_key, article_key
having count(*) > 1
