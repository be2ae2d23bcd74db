with purchases as (

    select * from {{ ref("stg_transactions") }}

),

windows as (

    select * from {{ ref("windows") }}

),

bought as (

    select
        windows.window_id,
        purchases.customer_key,
        purchases.article_key,
        min({{ days_between("purchases.sold_on", "windows.cutoff_on") }}) as days_since_last_bought,
        {{ whole_sum("purchases.quantity") }} as n_bought
    from windows
    inner join purchases on {{ in_history("purchases.sold_on", "windows", var("pair_days")) }}
    group by windows.window_id, purchases.customer_key, purchases.article_key

),

numbered as (

    select
        *,
        row_number() over (
            partition by window_id, customer_key
            order by days_since_last_bought asc, n_bought desc, article_key asc
        ) as recent_rank
    from bought

)

select
    window_id,
    customer_key,
    article_key,
    days_since_last_bought,
    cast(recent_rank as integer) as recent_rank
from numbered
where recent_rank <= {{ var("max_pair_articles") }}
