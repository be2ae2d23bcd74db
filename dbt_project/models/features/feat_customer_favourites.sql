-- noqa: disable=LT02,LT04,LT05
with favourite_values as (

    select * from {{ ref("customer_favourite_values") }}
    where taste_rank <= 2

),

activity as (

    select * from {{ ref("feat_customer_activity") }}

),

attribute_values as (

    select distinct
        value_key,
        attribute_value
    from {{ ref("article_attributes") }}

),

-- Keys first, and their texts at the end: the highest of texts costs twice as much. Attributes by their number: one may
-- be called as what is made of another's name.
favourites as (

    select
        window_id,
        customer_key,
        {% for attribute in taste_attributes() %}
        max(case when attribute = '{{ attribute }}' and taste_rank = 1 then value_key end) as key_{{ loop.index }},
        max(case when attribute = '{{ attribute }}' and taste_rank = 2 then value_key end) as second_key_{{ loop.index }},
        max(case when attribute = '{{ attribute }}' and taste_rank = 1 then n_bought end) as n_bought_{{ loop.index }}
        {{- "," if not loop.last }}
        {% endfor %}
    from favourite_values
    group by window_id, customer_key

)

select
    favourites.window_id,
    favourites.customer_key,
    {% for attribute in taste_attributes() %}
    first_{{ loop.index }}.attribute_value as favourite_{{ attribute }},
    second_{{ loop.index }}.attribute_value as second_favourite_{{ attribute }},
    cast(favourites.n_bought_{{ loop.index }} * 1.0 / activity.n_bought as real) as favourite_{{ attribute }}_share
    {{- "," if not loop.last }}
    {% endfor %}
from favourites
inner join activity
    on favourites.window_id = activity.window_id and favourites.customer_key = activity.customer_key
{% for attribute in taste_attributes() %}
inner join attribute_values as first_{{ loop.index }} on favourites.key_{{ loop.index }} = first_{{ loop.index }}.value_key
left join attribute_values as second_{{ loop.index }}
    on favourites.second_key_{{ loop.index }} = second_{{ loop.index }}.value_key
{% endfor %}
