-- noqa: disable=LT02
{{ config(materialized="view") }}

with merged as (

    select * from {{ ref("merged_candidates") }}

)

select
    merged.window_id,
    merged.customer_key,
    merged.article_key,
    {% for source in candidate_sources("customer") + candidate_sources("age_band") + candidate_sources("everyone") %}
    {% if keeps_score(source) %}
    merged.{{ source }}_score,
    {% endif %}
    {{ unpacked_rank(source, "merged") }} as {{ source }}_rank{{ "," if not loop.last }}
    {% endfor %}
from merged
