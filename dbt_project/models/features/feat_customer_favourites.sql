-- noqa: disable=LT02,LT04,LT05
with tastes as (

    select * from {{ ref("feat_customer_taste") }}

),

attribute_values as (

    select distinct
        value_key,
        attribute_value
    from {{ ref("article_attributes") }}

),

favourites as (

    select
        tastes.window_id,
        tastes.customer_key,
        tastes.attribute,
        tastes.taste_rank,
        tastes.taste_share,
        attribute_values.attribute_value
    from tastes
    inner join attribute_values on tastes.value_key = attribute_values.value_key
    where tastes.taste_rank <= 2

)

select
    window_id,
    customer_key,
    {% for attribute in taste_attributes() %}
    max(case when attribute = '{{ attribute }}' and taste_rank = 1 then attribute_value end) as favourite_{{ attribute }},
    max(case when attribute = '{{ attribute }}' and taste_rank = 2 then attribute_value end) as second_favourite_{{ attribute }},
    max(case when attribute = '{{ attribute }}' and taste_rank = 1 then taste_share end) as favourite_{{ attribute }}_share
    {{ "," if not loop.last }}
    {% endfor %}
from favourites
group by window_id, customer_key
