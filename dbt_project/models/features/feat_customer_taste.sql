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
{{ "," if loop.first }}
counted_{{ attribute }} as (

    select
        customer_articles.window_id,
        customer_articles.customer_key,
        attributes.value_key,
        {{ whole_sum("customer_articles.n_bought") }} as n_bought,
        min(customer_articles.days_since_last_bought) as days_since_last_bought
    from customer_articles
    inner join attributes on customer_articles.article_key = attributes.article_key
    where attributes.attribute = '{{ attribute }}'
    group by customer_articles.window_id, customer_articles.customer_key, attributes.value_key

){{ "," if not loop.last }}
{% endfor %}
{% for attribute in taste_attributes() %}
select
    counted.window_id,
    counted.customer_key,
    '{{ attribute }}' as attribute,
    counted.value_key,
    cast(counted.n_bought as integer) as n_bought,
    counted.days_since_last_bought,
    -- Of whole numbers, so that the sum does not depend on their order.
    cast(
        counted.n_bought / sum(counted.n_bought) over (partition by counted.window_id, counted.customer_key) as real
    ) as taste_share,
    -- The value bought more often comes first, then the one bought more lately.
    cast(
        row_number() over (
            partition by counted.window_id, counted.customer_key
            order by counted.n_bought desc, counted.days_since_last_bought asc, counted.value_key asc
        ) as integer
    ) as taste_rank
from counted_{{ attribute }} as counted
{% if not loop.last %}union all{% endif %}
{% endfor %}
