with recent as (

    select recent_purchases.*
    from {{ ref("recent_purchases") }} as recent_purchases
    inner join {{ ref("window_customers") }} as window_customers
        on
            recent_purchases.window_id = window_customers.window_id
            and recent_purchases.customer_key = window_customers.customer_key
    where recent_purchases.recent_rank <= {{ var("max_pair_purchases") }}

),

pairs as (

    select * from {{ ref("feat_article_pair") }}

),

reached as (

    select
        recent.window_id,
        recent.customer_key,
        pairs.other_article_key as article_key,
        {{ whole_sum("round(pairs.pair_score * 1000000)") }} as sum_of_scores,
        max(pairs.pair_score) as best_score,
        min(recent.days_since_last_bought) as days_since_bought
    from recent
    inner join pairs on recent.window_id = pairs.window_id and recent.article_key = pairs.article_key
    group by recent.window_id, recent.customer_key, pairs.other_article_key

),

ranked as (

    select
        *,
        row_number() over (
            partition by window_id, customer_key
            order by sum_of_scores desc, best_score desc, article_key asc
        ) as pair_rank
    from reached

)

select
    window_id,
    customer_key,
    article_key,
    cast(sum_of_scores / 1e6 as real) as pair_sum,
    best_score as pair_max,
    days_since_bought as pair_days_since,
    cast(pair_rank as integer) as pair_rank
from ranked
where pair_rank <= {{ var("max_pairs_of_customer") }}
