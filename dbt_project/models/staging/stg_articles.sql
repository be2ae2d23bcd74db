with articles as (

    select * from {{ ref("judged_articles") }}
    where rejected_because is null

)

select
    cast(row_number() over (order by article_id) as integer) as article_key,
    article_id,
    coalesce(nullif(trim(product_code), ''), article_id) as product_code,
    cast(
        dense_rank() over (order by coalesce(nullif(trim(product_code), ''), article_id)) as integer
    ) as product_key,
    {% for attribute, column in var("taste_attributes").items() %}
    {{ named(column) }} as {{ attribute }},
    {% endfor %}
    coalesce(nullif(trim(prod_name), ''), 'Unknown') as prod_name
from articles
