{{ config(materialized="view") }}

with customer_articles as (

    select * from {{ ref("feat_customer_article") }}

),

tastes as (

    select * from {{ ref("feat_customer_taste") }}

)
{% if "product" in purchase_grains() %}
,

products as (

    select
        article_key,
        cast(dense_rank() over (order by product_code) as integer) as product_key
    from {{ ref("stg_articles") }}

)
{% endif %}
{% for grain in purchase_grains() %}
{% if grain == "article" %}
select
    window_id,
    'article' as purchase_grain,
    customer_key,
    article_key as feature_key,
    n_bought,
    ln(1.0 + n_bought) as purchase_weight
from customer_articles
{% elif grain == "product" %}
select
    customer_articles.window_id,
    'product' as purchase_grain,
    customer_articles.customer_key,
    products.product_key as feature_key,
    cast(sum(customer_articles.n_bought) as integer) as n_bought,
    ln(1.0 + sum(customer_articles.n_bought)) as purchase_weight
from customer_articles
inner join products on customer_articles.article_key = products.article_key
group by customer_articles.window_id, customer_articles.customer_key, products.product_key
{% else %}
select
    window_id,
    '{{ grain }}' as purchase_grain,
    customer_key,
    value_key as feature_key,
    n_bought,
    ln(1.0 + n_bought) as purchase_weight
from tastes
where attribute = '{{ grain }}'
{% endif %}
{% if not loop.last %}

union all
{% endif %}
{% endfor %}
