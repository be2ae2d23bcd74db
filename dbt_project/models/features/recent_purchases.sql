with purchases as (

    select * from {{ ref("stg_transactions") }}

),

recent_days as (

    {{ days_of_history(var("pair_days")) | indent(4) }}

),

bought as (

    select
        recent_days.window_id,
        purchases.customer_key,
        purchases.article_key,
        min(recent_days.days_ago) as days_since_last_bought,
        {{ whole_sum("purchases.quantity") }} as n_bought
    from recent_days
    inner join purchases on recent_days.sold_on = purchases.sold_on
    group by recent_days.window_id, purchases.customer_key, purchases.article_key

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
