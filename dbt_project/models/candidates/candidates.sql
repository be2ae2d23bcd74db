{% set of_customer = candidate_sources("customer") %}
{% set of_all = candidate_sources("age_band") + candidate_sources("everyone") %}

with budgets as (

    select * from {{ ref("candidate_budgets") }}

),

age_bands as (

    select distinct
        window_id,
        age_band
    from budgets

),

own_lists as (
    {% for source in of_customer %}
    select
        window_id,
        customer_key,
        article_key,
        {{ loop.index }} as source_number,
        source_rank,
        source_score
    from {{ ref("cand_" ~ source) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

own as (

    select
        window_id,
        customer_key,
        {% for source in of_customer %}
        max(case when source_number = {{ loop.index }} then source_rank end) as {{ source }}_rank,
        max(case when source_number = {{ loop.index }} then source_score end) as {{ source }}_score,
        {% endfor %}
        article_key
    from own_lists
    group by window_id, customer_key, article_key

),

shared_lists as (
    {% for source in of_all %}
    select
        lists.window_id,
        age_bands.age_band,
        lists.article_key,
        {{ loop.index }} as source_number,
        lists.source_rank,
        lists.source_score,
        -- The budget from which on the source has room for it.
        (lists.source_rank - 1.0) / {{ var("candidate_sources")[source]["most"] }} as needed_share
    from {{ ref("cand_" ~ source) }} as lists
    inner join age_bands
        on
            lists.window_id = age_bands.window_id
            {% if var("candidate_sources")[source]["for"] == "age_band" %}
            and lists.age_band = age_bands.age_band
            {% endif %}
    where lists.source_rank <= {{ var("candidate_sources")[source]["most"] }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

shared as (

    select
        window_id,
        age_band,
        min(needed_share) as needed_share,
        {% for source in of_all %}
        max(case when source_number = {{ loop.index }} then source_rank end) as {{ source }}_rank,
        max(case when source_number = {{ loop.index }} then source_score end) as {{ source }}_score,
        {% endfor %}
        article_key
    from shared_lists
    group by window_id, age_band, article_key

),

given as (

    select
        budgets.window_id,
        budgets.customer_key,
        {% for source in of_all %}
        case
            when {{ in_budget(source, "shared." ~ source ~ "_rank", "budgets.budget_share") }} then shared.{{ source }}_rank
        end as {{ source }}_rank,
        case
            when {{ in_budget(source, "shared." ~ source ~ "_rank", "budgets.budget_share") }} then shared.{{ source }}_score
        end as {{ source }}_score,
        {% endfor %}
        shared.article_key
    from budgets
    inner join shared
        on
            budgets.window_id = shared.window_id
            and budgets.age_band = shared.age_band
            and budgets.budget_share > shared.needed_share

)

select
    coalesce(own.window_id, given.window_id) as window_id,
    coalesce(own.customer_key, given.customer_key) as customer_key,
    coalesce(own.article_key, given.article_key) as article_key,
    {% for source in of_customer %}
    cast(own.{{ source }}_rank as smallint) as {{ source }}_rank,
    own.{{ source }}_score,
    {% endfor %}
    {% for source in of_all[:-1] %}
    cast(given.{{ source }}_rank as smallint) as {{ source }}_rank,
    given.{{ source }}_score,
    {% endfor %}
    cast(given.{{ of_all[-1] }}_rank as smallint) as {{ of_all[-1] }}_rank,
    given.{{ of_all[-1] }}_score
from own
full outer join given
    on
        own.window_id = given.window_id
        and own.customer_key = given.customer_key
        and own.article_key = given.article_key
