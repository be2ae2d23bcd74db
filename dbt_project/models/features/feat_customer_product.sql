with customer_articles as (

    select * from {{ ref("feat_customer_article") }}

),

articles as (

    select * from {{ ref("stg_articles") }}

)

select
    customer_articles.window_id,
    customer_articles.customer_key,
    articles.product_key,
    cast(sum(customer_articles.n_bought) as integer) as n_bought,
    cast(sum(customer_articles.n_times) as integer) as n_times,
    {% for span in var("decay_days") %}
    -- Decimal: a sum of doubles depends on the order in which the threads add them.
    cast(sum(cast(customer_articles.decayed_{{ span }}d as decimal(18, 6))) as real) as decayed_{{ span }}d,
    {% endfor %}
    max(customer_articles.days_since_first_bought) as days_since_first_bought,
    min(customer_articles.days_since_last_bought) as days_since_last_bought
from customer_articles
inner join articles on customer_articles.article_key = articles.article_key
group by customer_articles.window_id, customer_articles.customer_key, articles.product_key
