{{ config(materialized="view") }}

with articles as (

    select * from {{ ref("feat_article") }}

)

select
    {% for name, expression in article_features().items() %}
    {{ expression }} as {{ name }},
    {% endfor %}
    articles.window_id,
    articles.article_key
from articles
