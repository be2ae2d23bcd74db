with customer_articles as (

    select * from {{ ref("feat_customer_article") }}

),

activity as (

    select * from {{ ref("feat_customer_activity") }}

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
    counted.n_bought / activity.n_bought as taste_share,
    -- The value bought more often comes first, then the one bought more lately.
    cast(
        row_number() over (
            partition by counted.window_id, counted.customer_key
            order by counted.n_bought desc, counted.days_since_last_bought asc, counted.value_key asc
        ) as integer
    ) as taste_rank
from counted_{{ attribute }} as counted
inner join activity on counted.window_id = activity.window_id and counted.customer_key = activity.customer_key
{% if not loop.last %}union all{% endif %}
{% endfor %}
