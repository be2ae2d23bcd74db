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

-- Popularity in ten-thousandths of a piece.
numbers as (

    select
        tastes.window_id,
        tastes.customer_key,
        {{ with_article(
            "tastes.n_bought * cast(round(best_sellers.popularity_score * 10000) as bigint)",
            "best_sellers.article_key"
        ) }} as number
    from tastes
    inner join budgets on tastes.window_id = budgets.window_id and tastes.customer_key = budgets.customer_key
    inner join best_sellers
        on
            tastes.window_id = best_sellers.window_id
            and tastes.value_key = best_sellers.value_key
            and {{ in_budget(source, "best_sellers.value_rank", "budgets.budget_share") }}

),

{{ highest_in_budget(source, "whole_number / 1e4") }}
{% endmacro %}
