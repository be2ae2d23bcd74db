with lists as (

    select distinct
        window_id,
        system,
        article_key
    from {{ ref("backtest_lists") }}

),

on_sale as (

    select
        window_id,
        count(*) as n_articles
    from {{ ref("feat_article_popularity") }}
    where days_since_last_sold <= 28
    group by window_id

)

select
    lists.window_id,
    lists.system,
    cast(count(*) as integer) as n_articles,
    count(*) * 1.0 / max(on_sale.n_articles) as catalogue_share
from lists
inner join on_sale on lists.window_id = on_sale.window_id
group by lists.window_id, lists.system
