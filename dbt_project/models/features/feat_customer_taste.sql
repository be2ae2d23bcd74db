{{ config(post_hook="{{ insert_other_pieces('feat_customer_article') }}") }}

with customer_articles as (

    select * from {{ ref("feat_customer_article") }}
    where {{ of_piece() }}

),

attributes as (

    select * from {{ ref("article_attributes") }}

)

-- One attribute after the other: all at once would hold eight times as many groups in memory.
{% for attribute in taste_attributes() %}
select
    customer_articles.window_id,
    customer_articles.customer_key,
    '{{ attribute }}' as attribute,
    attributes.value_key,
    cast({{ whole_sum("customer_articles.n_bought") }} as integer) as n_bought,
    min(customer_articles.days_since_last_bought) as days_since_last_bought
from customer_articles
inner join attributes on customer_articles.article_key = attributes.article_key
where attributes.attribute = '{{ attribute }}'
group by customer_articles.window_id, customer_articles.customer_key, attributes.value_key
{% if not loop.last %}union all{% endif %}
{% endfor %}
