with recent as (

    select * from {{ ref("recent_purchases") }}
    where recent_rank <= {{ var("max_recent_purchases") }}

),

articles as (

    select * from {{ ref("stg_articles") }}

),

popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

customer_articles as (

    select * from {{ ref("feat_customer_article") }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}

),

variants as (

    select
        popularity.window_id,
        articles.product_key,
        popularity.article_key,
        popularity.popularity_score,
        row_number() over (
            partition by popularity.window_id, articles.product_key
            order by popularity.popularity_score desc, popularity.article_key asc
        ) as variant_rank
    from popularity
    inner join articles on popularity.article_key = articles.article_key
    where popularity.popularity_score > 0

),

products as (

    select
        recent.window_id,
        recent.customer_key,
        articles.product_key,
        budgets.budget_share,
        count(*) as n_articles,
        min(recent.days_since_last_bought) as days_since_last_bought
    from recent
    inner join budgets on recent.window_id = budgets.window_id and recent.customer_key = budgets.customer_key
    inner join articles on recent.article_key = articles.article_key
    group by recent.window_id, recent.customer_key, articles.product_key, budgets.budget_share

),

-- Of a product bought longer ago, the best-selling variants count for less.
scored as (

    select
        products.window_id,
        products.customer_key,
        variants.article_key,
        products.budget_share,
        products.n_articles / (1.0 + products.days_since_last_bought) * variants.popularity_score as source_score
    from products
    inner join variants
        on
            products.window_id = variants.window_id
            and products.product_key = variants.product_key
            and variants.variant_rank <= {{ var("n_variants") }}
    left join customer_articles
        on
            products.window_id = customer_articles.window_id
            and products.customer_key = customer_articles.customer_key
            and variants.article_key = customer_articles.article_key
    where customer_articles.article_key is null

),

ranked as (

    select
        *,
        row_number() over (
            partition by window_id, customer_key
            order by source_score desc, article_key asc
        ) as source_rank
    from scored

)

{{ ranks_in_budget("same_product") }}
