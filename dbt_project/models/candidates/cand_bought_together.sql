with pairs as (

    select * from {{ ref("feat_customer_pair") }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}

)

select
    pairs.window_id,
    pairs.customer_key,
    pairs.article_key,
    pairs.pair_rank as source_rank,
    pairs.pair_sum as source_score
from pairs
inner join budgets on pairs.window_id = budgets.window_id and pairs.customer_key = budgets.customer_key
where {{ in_budget("bought_together", "pairs.pair_rank", "budgets.budget_share") }}
