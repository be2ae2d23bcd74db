{#- The end of a source for a customer: the ranks of the CTE `ranked` that the budget has room for. -#}
{% macro ranks_in_budget(source) %}
select
    window_id,
    customer_key,
    article_key,
    cast(source_rank as integer) as source_rank,
    cast(source_score as real) as source_score
from ranked
where {{ in_budget(source, "source_rank", "budget_share") }}
{% endmacro %}


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


{#- A source of what a customer's favourite values of a taste attribute sell best. -#}
{% macro taste_candidates(source, attribute) %}
with budgets as (

    select * from {{ ref("candidate_budgets") }}

),

tastes as (

    select * from {{ ref("customer_favourite_values") }}
    where attribute = '{{ attribute }}' and taste_rank <= {{ var("n_favourites") }}

),

attributes as (

    select * from {{ ref("article_attributes") }}
    where attribute = '{{ attribute }}'

),

popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

sold as (

    select
        popularity.window_id,
        attributes.value_key,
        popularity.article_key,
        popularity.popularity_score,
        row_number() over (
            partition by popularity.window_id, attributes.value_key
            order by popularity.popularity_score desc, popularity.article_key asc
        ) as value_rank
    from popularity
    inner join attributes on popularity.article_key = attributes.article_key
    where popularity.popularity_score > 0

),

-- Cut before they meet the customers: a value can have thousands of articles.
best_sellers as (

    select * from sold
    where {{ in_budget(source, "value_rank", 1.0) }}

),

scored as (

    select
        tastes.window_id,
        tastes.customer_key,
        best_sellers.article_key,
        budgets.budget_share,
        tastes.n_bought * best_sellers.popularity_score as source_score
    from tastes
    inner join budgets on tastes.window_id = budgets.window_id and tastes.customer_key = budgets.customer_key
    inner join best_sellers
        on
            tastes.window_id = best_sellers.window_id
            and tastes.value_key = best_sellers.value_key
            and {{ in_budget(source, "best_sellers.value_rank", "budgets.budget_share") }}

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

{{ ranks_in_budget(source) }}
{% endmacro %}


{#- A source of the best sellers of the last `days` days, for everyone. -#}
{% macro popular_candidates(days) %}
with popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

ranked as (

    select
        window_id,
        article_key,
        n_sold_{{ days }}d as n_sold,
        row_number() over (
            partition by window_id
            order by n_sold_{{ days }}d desc, popularity_score desc, article_key asc
        ) as source_rank
    from popularity
    where n_sold_{{ days }}d > 0

)

select
    window_id,
    article_key,
    cast(source_rank as integer) as source_rank,
    cast(n_sold as real) as source_score
from ranked
where source_rank <= {{ var("n_popular") }}
{% endmacro %}
