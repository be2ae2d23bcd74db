with lists as (

    select * from {{ ref("backtest_lists") }}

),

labels as (

    select * from {{ ref("window_labels") }}

),

own as (

    select * from {{ ref("feat_customer_article") }}

),

bought as (

    select
        window_id,
        customer_key,
        count(*) as n_bought
    from labels
    group by window_id, customer_key

),

-- Of the few hits alone: counting through all lists took more than all the rest.
hits as (

    select
        lists.window_id,
        lists.system,
        lists.customer_key,
        lists.recommendation_rank,
        row_number() over (
            partition by lists.window_id, lists.system, lists.customer_key
            order by lists.recommendation_rank
        ) as n_hits_so_far
    from lists
    inner join labels
        on
            lists.window_id = labels.window_id
            and lists.customer_key = labels.customer_key
            and lists.article_key = labels.article_key

),

precisions as (

    select
        hits.window_id,
        hits.system,
        hits.customer_key,
        hits.recommendation_rank,
        hits.n_hits_so_far * 1.0 / hits.recommendation_rank / least(bought.n_bought, 12) as precision_gained
    from hits
    inner join bought on hits.window_id = bought.window_id and hits.customer_key = bought.customer_key

)

select
    lists.window_id,
    lists.system,
    lists.customer_key,
    lists.recommendation_rank,
    lists.article_key,
    own.article_key is not null as is_repeat,
    precisions.recommendation_rank is not null as is_hit,
    coalesce(precisions.precision_gained, 0) as precision_gained
from lists
left join precisions
    on
        lists.window_id = precisions.window_id
        and lists.system = precisions.system
        and lists.customer_key = precisions.customer_key
        and lists.recommendation_rank = precisions.recommendation_rank
left join own
    on
        lists.window_id = own.window_id
        and lists.customer_key = own.customer_key
        and lists.article_key = own.article_key
