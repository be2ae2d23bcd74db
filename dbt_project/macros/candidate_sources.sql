{#- Sources of candidates, in the order of the var. Each is a model cand_<name> with the columns source_rank and
    source_score, one row per window, article and whom the list is for: the customer, the age band, or everyone. -#}
{% macro candidate_sources(for=none) %}
    {% set found = [] %}
    {% for name, source in var("candidate_sources").items() %}
        {% if for is none or source["for"] == for %}{% do found.append(name) %}{% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#- True for the ranks that a customer's budget has room for. -#}
{% macro in_budget(source, source_rank, budget_share) -%}
    {{ source_rank }} <= ceil({{ var("candidate_sources")[source]["most"] }} * {{ budget_share }})
{%- endmacro %}


{#- A source of what a customer's favourite values of a taste attribute sell best. -#}
{% macro taste_candidates(source, attribute) %}
with budgets as (

    select * from {{ ref("candidate_budgets") }}

),

tastes as (

    select * from {{ ref("feat_customer_taste") }}
    where attribute = '{{ attribute }}' and taste_rank <= {{ var("n_favourites") }}

),

attributes as (

    select * from {{ ref("article_attributes") }}
    where attribute = '{{ attribute }}'

),

popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

best_sellers as (

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

scored as (

    select
        tastes.window_id,
        tastes.customer_key,
        best_sellers.article_key,
        budgets.budget_share,
        tastes.taste_share * best_sellers.popularity_score as source_score
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

select
    window_id,
    customer_key,
    article_key,
    cast(source_rank as integer) as source_rank,
    cast(source_score as real) as source_score
from ranked
where {{ in_budget(source, "source_rank", "budget_share") }}
{% endmacro %}
