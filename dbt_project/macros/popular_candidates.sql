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
