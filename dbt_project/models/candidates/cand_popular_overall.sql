with articles as (

    select * from {{ ref("stg_articles") }}

),

windows as (

    select * from {{ ref("windows") }}

),

popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

-- Unsold articles stand last, so that there are twelve even where fewer were sold.
ranked as (

    select
        windows.window_id,
        articles.article_key,
        coalesce(popularity.n_sold_{{ var("best_seller_days") }}d, 0) as n_sold,
        row_number() over (
            partition by windows.window_id
            order by
                coalesce(popularity.n_sold_{{ var("best_seller_days") }}d, 0) desc,
                coalesce(popularity.n_sold, 0) desc,
                articles.article_key
        ) as source_rank
    from windows
    cross join articles
    left join popularity
        on windows.window_id = popularity.window_id and articles.article_key = popularity.article_key

)

select
    window_id,
    article_key,
    cast(n_sold as integer) as n_sold,
    cast(n_sold as real) as source_score,
    cast(source_rank as integer) as source_rank
from ranked
where source_rank <= {{ [var("n_popular"), var("n_classes")] | max }}
