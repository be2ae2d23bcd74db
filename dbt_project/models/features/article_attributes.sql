with articles as (

    select * from {{ ref("stg_articles") }}

),

listed as (
    {% for attribute in taste_attributes() %}
    select
        article_key,
        '{{ attribute }}' as attribute,
        {{ attribute }} as attribute_value
    from articles
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select
    article_key,
    attribute,
    attribute_value,
    cast(dense_rank() over (order by attribute, attribute_value) as integer) as value_key
from listed
