{{ config(post_hook="{{ insert_other_pieces('candidate_budgets') }}") }}

with customer_articles as (

    select
        window_id,
        customer_key,
        article_key,
        days_since_last_bought
    from {{ ref("feat_customer_article") }}
    where {{ of_piece() }}

),

weights as (

    select * from {{ ref("article_pair_weights") }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}
    where {{ of_piece() }}

),

articles as (

    select
        window_id,
        unnest(article_keys) as article_key
    from weights

),

-- All of a window at once, as the weights are many.
bought as (

    select
        customer_articles.window_id,
        list(
            struct_pack(
                customer_key := customer_articles.customer_key,
                article_key := customer_articles.article_key,
                days_since := customer_articles.days_since_last_bought,
                most := cast(ceil({{ var("max_pairs_of_customer") }} * budgets.budget_share) as integer)
            )
        ) as purchases
    from customer_articles
    inner join articles
        on customer_articles.window_id = articles.window_id and customer_articles.article_key = articles.article_key
    inner join budgets
        on customer_articles.window_id = budgets.window_id and customer_articles.customer_key = budgets.customer_key
    group by customer_articles.window_id

),

-- A list of structs, in rows and columns.
partners as (

    select
        bought.window_id,
        unnest(best_partners(weights.article_keys, weights.weights, bought.purchases), max_depth := 2) -- noqa: AL03
    from bought
    inner join weights on bought.window_id = weights.window_id

)

select
    window_id,
    customer_key,
    article_key,
    pair_sum,
    pair_max,
    pair_days_since,
    pair_rank
from partners
-- As in stg_transactions: each customer's rows together.
order by window_id, customer_key
