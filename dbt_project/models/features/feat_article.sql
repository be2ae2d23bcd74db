with articles as (

    select * from {{ ref("stg_articles") }}

),

attributes as (

    {{ attribute_keys() | indent(4) }}

),

popularity as (

    select * from {{ ref("feat_article_popularity") }}

),

totals as (

    select
        window_id,
        {% for days in var("popularity_days") %}
        sum(n_sold_{{ days }}d) as n_sold_{{ days }}d,
        {% endfor %}
        sum(n_sold) as n_sold
    from popularity
    group by window_id

)

select
    popularity.*,  -- noqa: AM04
    articles.product_key,
    {% for attribute in taste_attributes() %}
    attributes.{{ attribute }}_key,
    {% endfor %}
    {% for days in var("popularity_days") %}
    popularity.n_sold_{{ days }}d * 1.0 / nullif(totals.n_sold_{{ days }}d, 0) as sold_share_{{ days }}d,
    {% endfor %}
    popularity.n_sold * 1.0 / totals.n_sold as sold_share,
    cast(
        row_number() over (
            partition by popularity.window_id order by popularity.popularity_score desc, popularity.article_key asc
        ) as integer
    ) as popularity_place
from popularity
inner join totals on popularity.window_id = totals.window_id
inner join articles on popularity.article_key = articles.article_key
inner join attributes on popularity.article_key = attributes.article_key
