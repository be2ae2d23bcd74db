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

    select * from {{ ref("feat_customer_product") }}

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
    window_id,
    'product' as purchase_grain,
    customer_key,
    product_key as feature_key,
    n_bought,
    ln(1.0 + n_bought) as purchase_weight
from products
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
