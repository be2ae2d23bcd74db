{#- A source of what a customer bought before and others still buy, the highest value of a column of
    feat_customer_article first; of those rows alone in which it is above `least`. -#}
{% macro own_candidates(source, score, least=0) %}
with customer_articles as (

    select * from {{ ref("feat_customer_article") }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}

),

-- What nobody has bought for so long is not on sale any more.
articles_on_sale as (

    select
        window_id,
        article_key
    from {{ ref("feat_article_popularity") }}
    where days_since_last_sold <= {{ var("max_days_unsold") }}

),

ranked as (

    select
        customer_articles.window_id,
        customer_articles.customer_key,
        customer_articles.article_key,
        customer_articles.{{ score }} as source_score,
        budgets.budget_share,
        row_number() over (
            partition by customer_articles.window_id, customer_articles.customer_key
            order by
                customer_articles.{{ score }} desc,
                customer_articles.days_since_last_bought asc,
                customer_articles.article_key asc
        ) as source_rank
    from customer_articles
    inner join budgets
        on
            customer_articles.window_id = budgets.window_id
            and customer_articles.customer_key = budgets.customer_key
    inner join articles_on_sale
        on
            customer_articles.window_id = articles_on_sale.window_id
            and customer_articles.article_key = articles_on_sale.article_key
    where customer_articles.{{ score }} > {{ least }}

)

{{ ranks_in_budget(source) }}
{% endmacro %}
