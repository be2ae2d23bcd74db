-- noqa: disable=LT02,RF04
{% set sources = candidate_sources() %}

with hits as (

    select * from {{ ref("system_hits") }}
    where is_hit

),

customers as (

    select
        window_id,
        system,
        count(*) as n_customers
    from {{ ref("backtest_lists") }}
    where recommendation_rank = 1
    group by window_id, system

),

-- Not all candidates, most of which are those of the next days.
candidates as (

    select candidates.*
    from {{ ref("candidates") }} as candidates
    where (candidates.window_id, candidates.customer_key, candidates.article_key) in (
        select
            hits.window_id,
            hits.customer_key,
            hits.article_key
        from hits
    )

),

found as (

    select
        hits.window_id,
        hits.system,
        hits.precision_gained,
        {% for source in sources %}
        candidates.{{ source }}_rank,
        {% endfor %}
        {{ n_sources("candidates") }} as n_sources
    from hits
    left join candidates
        on
            hits.window_id = candidates.window_id
            and hits.customer_key = candidates.customer_key
            and hits.article_key = candidates.article_key

),

-- A hit that several sources found counts for each of them in equal parts.
shared as (
    {% for source in sources %}
    select
        window_id,
        system,
        '{{ source }}' as source,
        precision_gained / n_sources as precision_gained
    from found
    where {{ source }}_rank is not null
    union all
    {% endfor %}
    select
        window_id,
        system,
        'no source' as source,
        precision_gained
    from found
    where n_sources = 0

)

select
    shared.window_id,
    shared.system,
    shared.source,
    round(sum(shared.precision_gained) / max(customers.n_customers), 9) as map_at_12_gained
from shared
inner join customers on shared.window_id = customers.window_id and shared.system = customers.system
group by shared.window_id, shared.system, shared.source
