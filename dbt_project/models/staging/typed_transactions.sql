with transactions as (

    select * from {{ source("hm", "transactions_train") }}

),

judged as (

    {{ judged_purchases("transactions") | indent(4) }}

)

-- Why a row is refused is found out again for rejected_rows: to write that of no row at all takes a second of eight.
select
    sold_on,
    customer_key,
    article_key,
    piece_price as price,
    sales_channel = 2 as is_online,
    rejected_because is not null as is_refused
from judged
