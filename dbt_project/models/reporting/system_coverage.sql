with lists as (

    select distinct
        window_id,
        system,
        article_key
    from {{ ref("backtest_lists") }}

),

catalogue as (

    select count(*) as n_articles
    from {{ ref("stg_articles") }}

)

select
    lists.window_id,
    lists.system,
    cast(count(*) as integer) as n_articles,
    count(*) * 1.0 / max(catalogue.n_articles) as catalogue_share
from lists
cross join catalogue
group by lists.window_id, lists.system
