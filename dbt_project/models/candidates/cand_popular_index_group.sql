with popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

articles as (

    select * from {{ ref("stg_articles") }}

),

ranked as (

    select
        popularity.window_id,
        articles.index_group,
        popularity.article_key,
        popularity.n_sold_{{ var("best_seller_days") }}d as n_sold,
        row_number() over (
            partition by popularity.window_id, articles.index_group
            order by popularity.n_sold_{{ var("best_seller_days") }}d desc, popularity.article_key
        ) as popular_rank
    from popularity
    inner join articles on popularity.article_key = articles.article_key
    where popularity.n_sold_{{ var("best_seller_days") }}d > 0

)

select
    window_id,
    index_group,
    article_key,
    n_sold,
    cast(popular_rank as integer) as popular_rank
from ranked
where popular_rank <= {{ var("n_popular") }}
