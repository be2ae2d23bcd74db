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

marked as (

    select
        lists.*,
        own.article_key is not null as is_repeat,
        labels.article_key is not null as is_hit,
        sum(case when labels.article_key is not null then 1 else 0 end) over (
            partition by lists.window_id, lists.system, lists.customer_key
            order by lists.recommendation_rank
            rows between unbounded preceding and current row
        ) as n_hits_so_far
    from lists
    left join labels
        on
            lists.window_id = labels.window_id
            and lists.customer_key = labels.customer_key
            and lists.article_key = labels.article_key
    left join own
        on
            lists.window_id = own.window_id
            and lists.customer_key = own.customer_key
            and lists.article_key = own.article_key

)

select
    marked.window_id,
    marked.system,
    marked.customer_key,
    marked.recommendation_rank,
    marked.article_key,
    marked.is_repeat,
    marked.is_hit,
    case
        when marked.is_hit
            then marked.n_hits_so_far * 1.0 / marked.recommendation_rank / least(bought.n_bought, 12)
        else 0
    end as precision_gained
from marked
inner join bought on marked.window_id = bought.window_id and marked.customer_key = bought.customer_key
