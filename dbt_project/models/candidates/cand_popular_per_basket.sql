with purchases as (

    select * from {{ ref("stg_transactions") }}

),

recent_days as (

    {{ days_of_history(var("best_seller_days")) | indent(4) }}

),

popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

-- An article that a customer bought twice on a day is in the basket once.
baskets as (

    select
        purchases.customer_key,
        purchases.sold_on,
        purchases.article_key,
        count(*) over (partition by purchases.customer_key, purchases.sold_on) as n_articles
    from purchases
    where purchases.sold_on in (select recent_days.sold_on from recent_days)
    group by purchases.customer_key, purchases.sold_on, purchases.article_key

),

-- In millionths and whole, so that a sum does not depend on the order in which the threads add.
counted as (

    select
        recent_days.window_id,
        baskets.article_key,
        {{ whole_sum("round(1e6 / sqrt(baskets.n_articles))") }} / 1e6 as basket_score
    from recent_days
    inner join baskets on recent_days.sold_on = baskets.sold_on
    group by recent_days.window_id, baskets.article_key

),

ranked as (

    select
        counted.window_id,
        counted.article_key,
        counted.basket_score,
        row_number() over (
            partition by counted.window_id
            order by counted.basket_score desc, popularity.n_sold desc, counted.article_key asc
        ) as source_rank
    from counted
    inner join popularity
        on counted.window_id = popularity.window_id and counted.article_key = popularity.article_key

)

select
    window_id,
    article_key,
    cast(basket_score as real) as source_score,
    cast(source_rank as integer) as source_rank
from ranked
where source_rank <= {{ var("n_popular") }}
