-- noqa: disable=LT02
{{ config(post_hook="{{ insert_other_pieces('candidate_budgets') }}") }}
{% set uncut = check_sources() %}
{% set of_customer = candidate_sources("customer") %}
{% set of_all = candidate_sources("age_band") + candidate_sources("everyone") %}

with budgets as (

    select * from {{ ref("candidate_budgets") }}
    where {{ of_piece() }}

),

-- Customers of the same age band and budget get the same best sellers.
audiences as (

    select distinct
        window_id,
        age_band,
        budget_share
    from budgets

),

best_seller_lists as (
    {% for source in of_all %}
    select
        audiences.window_id,
        audiences.age_band,
        audiences.budget_share,
        lists.article_key,
        {{ packed_list(source, "lists") }}
    from {{ ref("cand_" ~ source) }} as lists
    inner join audiences
        on
            lists.window_id = audiences.window_id
            {% if var("candidate_sources")[source]["for"] == "age_band" %}
            and lists.age_band = audiences.age_band
            {% endif %}
    where {{ in_budget(source, "lists.source_rank", "audiences.budget_share") }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

best_sellers as (

    select
        window_id,
        age_band,
        budget_share,
        article_key,
        {{ merged_lists() }}
    from best_seller_lists
    group by window_id, age_band, budget_share, article_key

),

lists as (
    {% for source in of_customer %}
    select
        own.window_id,
        own.customer_key,
        own.article_key,
        {{ packed_list(source, "own") }}
    from {{ ref("cand_" ~ source) }} as own
    {% if source in uncut %}
    inner join budgets on own.window_id = budgets.window_id and own.customer_key = budgets.customer_key
    {% endif %}
    where own.{{ of_piece() }} and {{ in_budget(source, "own.source_rank", "budgets.budget_share" if source in uncut else 1.0) }}
    union all
    {% endfor %}
    select
        budgets.window_id,
        budgets.customer_key,
        best_sellers.article_key,
        {% for name in packed_columns() %}
        best_sellers.{{ name }}{{ "," if not loop.last }}
        {% endfor %}
    from budgets
    inner join best_sellers
        on
            budgets.window_id = best_sellers.window_id
            and budgets.age_band = best_sellers.age_band
            and budgets.budget_share = best_sellers.budget_share

)

select
    window_id,
    customer_key,
    article_key,
    {{ merged_lists() }}
from lists
group by window_id, customer_key, article_key
