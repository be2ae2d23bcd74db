-- noqa: disable=LT02,RF04
{{ config(materialized="table") }}

{% set sources = candidate_sources() %}

with candidates as (

    -- The next days, which have no label, have most of the candidates.
    select * from {{ ref("candidates") }}
    where window_id > 0

),

window_customers as (

    select * from {{ ref("window_customers") }}

),

labels as (

    select labels.*
    from {{ ref("window_labels") }} as labels
    inner join window_customers
        on
            labels.window_id = window_customers.window_id
            and labels.customer_key = window_customers.customer_key

),

bought as (

    select
        window_id,
        customer_key,
        count(*) as n_bought
    from labels
    group by window_id, customer_key

),

counted as (

    select
        window_id,
        {% for source in sources %}
        count({{ source }}_rank) as {{ source }}_n,
        {% endfor %}
        count(*) as all_n
    from candidates
    group by window_id

),

hits as (

    select
        candidates.window_id,
        candidates.customer_key,
        {% for source in sources %}
        case when candidates.{{ source }}_rank is not null then 1 else 0 end as {{ source }},
        {% endfor %}
        {{ n_sources("candidates") }} as n_sources
    from candidates
    inner join labels
        on
            candidates.window_id = labels.window_id
            and candidates.customer_key = labels.customer_key
            and candidates.article_key = labels.article_key

),

found as (

    select
        bought.window_id,
        bought.customer_key,
        bought.n_bought,
        {% for source in sources %}
        coalesce(sum(hits.{{ source }}), 0) as {{ source }}_found,
        coalesce(sum(case when hits.n_sources = 1 then hits.{{ source }} end), 0) as {{ source }}_alone,
        {% endfor %}
        count(hits.n_sources) as all_found
    from bought
    left join hits on bought.window_id = hits.window_id and bought.customer_key = hits.customer_key
    group by bought.window_id, bought.customer_key, bought.n_bought

),

totals as (

    select
        window_id,
        count(*) as n_customers,
        sum(n_bought) as n_bought,
        {% for source in sources %}
        sum({{ source }}_found) as {{ source }}_found,
        sum({{ source }}_alone) as {{ source }}_alone,
        avg({{ perfect_precision(source ~ "_found", "n_bought") }}) as {{ source }}_perfect,
        {% endfor %}
        sum(all_found) as all_found,
        avg({{ perfect_precision("all_found", "n_bought") }}) as all_perfect
    from found
    group by window_id

)
{% for source in sources + ["all"] %}

select
    totals.window_id,
    '{{ "all sources" if source == "all" else source }}' as source,
    {{ loop.index }} as source_number,
    cast(totals.n_customers as integer) as n_customers,
    counted.{{ source }}_n * 1.0 / totals.n_customers as candidates_a_customer,
    totals.{{ source }}_found * 1.0 / totals.n_bought as recall,
    totals.{{ source }}_found * 1.0 / nullif(counted.{{ source }}_n, 0) as hit_rate,
    cast(totals.{{ source }}_found as integer) as n_hits,
    cast({{ "totals.all_found" if source == "all" else "totals." ~ source ~ "_alone" }} as integer) as n_hits_of_no_other,
    round(totals.{{ source }}_perfect, 9) as perfect_map_at_12
from totals
inner join counted on totals.window_id = counted.window_id
{{ "union all" if not loop.last }}
{% endfor %}
