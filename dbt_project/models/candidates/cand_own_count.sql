with customer_articles as (

    select * from {{ ref("feat_customer_article") }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}

),

ranked as (

    select
        customer_articles.window_id,
        customer_articles.customer_key,
        customer_articles.article_key,
        customer_articles.n_times as source_score,
        budgets.budget_share,
        row_number() over (
            partition by customer_articles.window_id, customer_articles.customer_key
            order by
                customer_articles.n_times desc,
                customer_articles.days_since_last_bought asc,
                customer_articles.article_key asc
        ) as source_rank
    from customer_articles
    inner join budgets
        on
            customer_articles.window_id = budgets.window_id
            and customer_articles.customer_key = budgets.customer_key

)

select
    window_id,
    customer_key,
    article_key,
    cast(source_rank as integer) as source_rank,
    cast(source_score as real) as source_score
from ranked
where {{ in_budget("own_count", "source_rank", "budget_share") }}
