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

-- Keys first, and their texts at the end: the highest of texts costs twice as much.
favourites as (

    select
        window_id,
        customer_key,
        {% for attribute in taste_attributes() %}
        max(case when attribute = '{{ attribute }}' and taste_rank = 1 then value_key end) as {{ attribute }}_key,
        max(case when attribute = '{{ attribute }}' and taste_rank = 2 then value_key end) as second_{{ attribute }}_key,
        max(case when attribute = '{{ attribute }}' and taste_rank = 1 then n_bought end) as n_bought_{{ attribute }}
        {{- "," if not loop.last }}
        {% endfor %}
    from favourite_values
    group by window_id, customer_key

)

select
    favourites.window_id,
    favourites.customer_key,
    {% for attribute in taste_attributes() %}
    first_{{ attribute }}.attribute_value as favourite_{{ attribute }},
    second_{{ attribute }}.attribute_value as second_favourite_{{ attribute }},
    cast(favourites.n_bought_{{ attribute }} * 1.0 / activity.n_bought as real) as favourite_{{ attribute }}_share
    {{- "," if not loop.last }}
    {% endfor %}
from favourites
inner join activity
    on favourites.window_id = activity.window_id and favourites.customer_key = activity.customer_key
{% for attribute in taste_attributes() %}
inner join attribute_values as first_{{ attribute }} on favourites.{{ attribute }}_key = first_{{ attribute }}.value_key
left join attribute_values as second_{{ attribute }}
    on favourites.second_{{ attribute }}_key = second_{{ attribute }}.value_key
{% endfor %}
