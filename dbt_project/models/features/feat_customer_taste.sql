with customer_articles as (

    select * from {{ ref("feat_customer_article") }}

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
        sum(customer_articles.n_bought) as n_bought,
        min(customer_articles.days_since_last_bought) as days_since_last_bought
    from customer_articles
    inner join attributes on customer_articles.article_key = attributes.article_key
    where attributes.attribute = '{{ attribute }}'
    group by customer_articles.window_id, customer_articles.customer_key, attributes.value_key

){{ "," if not loop.last }}
{% endfor %}
{% for attribute in taste_attributes() %}
select
    window_id,
    customer_key,
    '{{ attribute }}' as attribute,
    value_key,
    cast(n_bought as integer) as n_bought,
    days_since_last_bought,
    n_bought * 1.0 / sum(n_bought) over (partition by window_id, customer_key) as taste_share,
    -- The value bought more often comes first, then the one bought more lately.
    cast(
        row_number() over (
            partition by window_id, customer_key
            order by n_bought desc, days_since_last_bought asc, value_key asc
        ) as integer
    ) as taste_rank
from counted_{{ attribute }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
