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

pairs as (

    select * from {{ ref("feat_article_pair") }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}
    where {{ of_piece() }}

),

articles as (

    select distinct
        window_id,
        article_key
    from pairs

),

own as (

    select
        customer_articles.*,
        budgets.budget_share,
        row_number() over (
            partition by customer_articles.window_id, customer_articles.customer_key
            order by customer_articles.days_since_last_bought asc, customer_articles.article_key asc
        ) as recent_rank
    from customer_articles
    inner join articles
        on customer_articles.window_id = articles.window_id and customer_articles.article_key = articles.article_key
    inner join budgets
        on customer_articles.window_id = budgets.window_id and customer_articles.customer_key = budgets.customer_key

),

-- What the customer has bought counts for nothing, whatever it was bought together with: another source has it.
together as (

    select
        own.window_id,
        own.customer_key,
        pairs.other_article_key as article_key,
        round(pairs.pair_score * 1000000) as score,
        pairs.pair_score,
        own.days_since_last_bought
    from own
    inner join pairs on own.window_id = pairs.window_id and own.article_key = pairs.article_key
    where
        own.recent_rank <= ceil({{ var("max_pair_purchases") }} * own.budget_share)
        and pairs.pair_rank <= ceil({{ var("max_partners") }} * own.budget_share)

    union all

    select
        window_id,
        customer_key,
        article_key,
        -1e12 as score,
        null as pair_score,
        null as days_since_last_bought
    from own

),

reached as (

    select
        window_id,
        customer_key,
        article_key,
        {{ whole_sum("score") }} as sum_of_scores,
        max(pair_score) as best_score,
        min(days_since_last_bought) as days_since_bought
    from together
    group by window_id, customer_key, article_key
    having {{ whole_sum("score") }} > 0

),

ranked as (

    select
        *,
        row_number() over (
            partition by window_id, customer_key
            order by sum_of_scores desc, article_key asc
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
