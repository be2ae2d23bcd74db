with popular as (

    select * from {{ ref("cand_popular_overall") }}

),

purchases as (

    select * from {{ ref("stg_transactions") }}

),

recent_days as (

    {{ days_of_history(var("best_seller_days")) | indent(4) }}

),

classes as (

    select
        window_id,
        article_key,
        n_sold,
        source_rank
    from popular
    where n_sold > 0 and source_rank <= {{ var("n_classes") }}

),

bought as (

    select distinct
        recent_days.window_id,
        purchases.customer_key,
        purchases.article_key
    from recent_days
    inner join purchases on recent_days.sold_on = purchases.sold_on

),

buyers as (

    select
        window_id,
        count(distinct customer_key) as n_buyers
    from bought
    group by window_id

),

buyers_of_article as (

    select
        window_id,
        article_key,
        count(*) as n_buyers
    from bought
    group by window_id, article_key

)

select
    classes.window_id,
    classes.article_key,
    classes.n_sold,
    buyers_of_article.n_buyers * 1.0 / buyers.n_buyers as buyer_share,
    classes.source_rank
from classes
inner join buyers on classes.window_id = buyers.window_id
inner join buyers_of_article
    on classes.window_id = buyers_of_article.window_id and classes.article_key = buyers_of_article.article_key
