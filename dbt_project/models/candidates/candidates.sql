-- noqa: disable=LT02
{{ config(post_hook="{{ insert_other_pieces('candidate_budgets') }}") }}
{% set of_customer = candidate_sources("customer") %}
{% set first = of_customer[0] %}
{% set others_of_customer = of_customer[1:] %}
{% set of_all = candidate_sources("age_band") + candidate_sources("everyone") %}

with budgets as (

    select * from {{ ref("candidate_budgets") }}
    where {{ of_piece() }}

),

age_bands as (

    select distinct
        window_id,
        age_band
    from budgets

),

-- The keys alone, from each source.
own_lists as (
    {% for source in of_customer %}
    select
        window_id,
        customer_key,
        article_key
    from {{ ref("cand_" ~ source) }}
    where {{ of_piece() }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

-- The first source, the longest, is not grouped with the others: the groups of all would not fit into memory.
first_list as (

    select * from {{ ref("cand_" ~ first) }}
    where {{ of_piece() }}

),
{% if others_of_customer %}

other_lists as (
    {% for source in others_of_customer %}
    select
        window_id,
        customer_key,
        article_key,
        {{ loop.index }} as source_number,
        cast(source_rank as smallint) as source_rank,
        source_score
    from {{ ref("cand_" ~ source) }}
    where {{ of_piece() }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

other_sources as (

    select
        window_id,
        customer_key,
        {% for source in others_of_customer %}
        max(case when source_number = {{ loop.index }} then source_rank end) as {{ source }}_rank,
        {% if keeps_score(source) %}
        max(case when source_number = {{ loop.index }} then source_score end) as {{ source }}_score,
        {% endif %}
        {% endfor %}
        article_key
    from other_lists
    group by window_id, customer_key, article_key

),

own as (

    select
        coalesce(first_list.window_id, other_sources.window_id) as window_id,
        coalesce(first_list.customer_key, other_sources.customer_key) as customer_key,
        first_list.source_rank as {{ first }}_rank,
        {% if keeps_score(first) %}
        first_list.source_score as {{ first }}_score,
        {% endif %}
        {% for source in others_of_customer %}
        other_sources.{{ source }}_rank,
        {% if keeps_score(source) %}
        other_sources.{{ source }}_score,
        {% endif %}
        {% endfor %}
        coalesce(first_list.article_key, other_sources.article_key) as article_key
    from first_list
    full outer join other_sources
        on
            first_list.window_id = other_sources.window_id
            and first_list.customer_key = other_sources.customer_key
            and first_list.article_key = other_sources.article_key

),
{% else %}

own as (

    select
        window_id,
        customer_key,
        source_rank as {{ first }}_rank,
        {% if keeps_score(first) %}
        source_score as {{ first }}_score,
        {% endif %}
        article_key
    from first_list

),
{% endif %}

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
        {% if keeps_score(source) %}
        max(case when source_number = {{ loop.index }} then source_score end) as {{ source }}_score,
        {% endif %}
        {% endfor %}
        article_key
    from shared_lists
    group by window_id, age_band, article_key

),

known as (

    select
        own.*,
        {% for source in of_all %}
        {{ shared_rank_and_score(source) }}{{ "," if not loop.last }}
        {% endfor %}
    from own
    inner join budgets on own.window_id = budgets.window_id and own.customer_key = budgets.customer_key
    left join shared
        on
            own.window_id = shared.window_id
            and budgets.age_band = shared.age_band
            and own.article_key = shared.article_key

),

shared_articles as (

    select distinct
        window_id,
        article_key
    from shared

),

-- Few of a customer's own candidates are best sellers: these alone are looked for among the shared ones.
known_of_shared as (

    select distinct
        own_lists.window_id,
        own_lists.customer_key,
        own_lists.article_key
    from own_lists
    inner join shared_articles
        on own_lists.window_id = shared_articles.window_id and own_lists.article_key = shared_articles.article_key

),

others as (

    select
        budgets.window_id,
        budgets.customer_key,
        {% for source in of_all %}
        {{ shared_rank_and_score(source) }},
        {% endfor %}
        shared.article_key
    from budgets
    inner join shared
        on
            budgets.window_id = shared.window_id
            and budgets.age_band = shared.age_band
            and budgets.budget_share > shared.needed_share
    left join known_of_shared
        on
            budgets.window_id = known_of_shared.window_id
            and budgets.customer_key = known_of_shared.customer_key
            and shared.article_key = known_of_shared.article_key
    where known_of_shared.article_key is null

)

select
    window_id,
    customer_key,
    article_key,
    {% for source in of_customer %}
    cast({{ source }}_rank as smallint) as {{ source }}_rank,
    {% if keeps_score(source) %}
    {{ source }}_score,
    {% endif %}
    {% endfor %}
    {% for source in of_all %}
    {% if keeps_score(source) %}
    {{ source }}_score,
    {% endif %}
    cast({{ source }}_rank as smallint) as {{ source }}_rank{{ "," if not loop.last }}
    {% endfor %}
from known

union all

select
    window_id,
    customer_key,
    article_key,
    {% for source in of_customer %}
    cast(null as smallint) as {{ source }}_rank,
    {% if keeps_score(source) %}
    cast(null as real) as {{ source }}_score,
    {% endif %}
    {% endfor %}
    {% for source in of_all %}
    {% if keeps_score(source) %}
    {{ source }}_score,
    {% endif %}
    cast({{ source }}_rank as smallint) as {{ source }}_rank{{ "," if not loop.last }}
    {% endfor %}
from others
