with purchases as (

    select * from {{ ref("stg_transactions") }}

),

windows as (

    select * from {{ ref("windows") }}

)

select
    windows.window_id,
    purchases.customer_key,
    purchases.article_key
from windows
inner join purchases on {{ in_label("purchases.sold_on", "windows") }}
where not windows.is_submission
group by windows.window_id, purchases.customer_key, purchases.article_key
