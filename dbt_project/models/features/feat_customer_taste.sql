{{ config(post_hook="{{ insert_other_pieces('feat_customer_article') }}") }}

with customer_articles as (

    select * from {{ ref("feat_customer_article") }}
    where {{ of_piece() }}

),

keys as (

    {{ attribute_keys() | indent(4) }}

),

described as (

    select
        {% for attribute in taste_attributes() %}
        keys.{{ attribute }}_key,
        {% endfor %}
        customer_articles.window_id,
        customer_articles.customer_key,
        customer_articles.n_bought,
        customer_articles.days_since_last_bought
    from customer_articles
    inner join keys on customer_articles.article_key = keys.article_key

)

-- One attribute after the other: all at once would hold eight times as many groups in memory.
{% for attribute in taste_attributes() %}
select
    window_id,
    customer_key,
    {{ attribute_name(attribute) }} as attribute,
    {{ attribute }}_key as value_key,
    cast({{ whole_sum("n_bought") }} as integer) as n_bought,
    min(days_since_last_bought) as days_since_last_bought
from described
group by window_id, customer_key, {{ attribute }}_key
{% if not loop.last %}union all{% endif %}
{% endfor %}
