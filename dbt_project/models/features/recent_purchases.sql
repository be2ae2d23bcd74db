with purchases as (

    select * from {{ ref("stg_transactions") }}

),

recent_days as (

    {{ days_of_history(var("recent_days")) | indent(4) }}

),

again as (

    select * from {{ ref("bought_again") }}

),

described as (

    select
        recent_days.window_id,
        purchases.customer_key,
        purchases.article_key,
        recent_days.days_ago,
        purchases.quantity,
        again.customer_key is not null as is_again
    from recent_days
    inner join purchases on recent_days.sold_on = purchases.sold_on
    left join again on purchases.customer_key = again.customer_key and purchases.article_key = again.article_key

),

-- As in feat_customer_article: most articles were bought once.
bought as (

    select
        window_id,
        customer_key,
        article_key,
        days_ago as days_since_last_bought,
        quantity as n_bought
    from described
    where not is_again

    union all

    select
        window_id,
        customer_key,
        article_key,
        min(days_ago) as days_since_last_bought,
        {{ whole_sum("quantity") }} as n_bought
    from described
    where is_again
    group by window_id, customer_key, article_key

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
where recent_rank <= {{ var("max_recent_articles") }}
