{{ config(post_hook="{{ insert_other_pieces('feat_customer_article') }}") }}

with customer_articles as (

    select * from {{ ref("feat_customer_article") }}
    where {{ of_piece() }}

),

articles as (

    select * from {{ ref("stg_articles") }}

)

select
    customer_articles.window_id,
    customer_articles.customer_key,
    articles.product_key,
    cast({{ whole_sum("customer_articles.n_bought") }} as integer) as n_bought,
    cast(
        {{ whole_sum("round(customer_articles.decayed_" ~ var("own_decay_days") ~ "d * 1000000)") }} / 1e6 as real
    ) as decayed_{{ var("own_decay_days") }}d,
    min(customer_articles.days_since_last_bought) as days_since_last_bought
from customer_articles
inner join articles on customer_articles.article_key = articles.article_key
group by customer_articles.window_id, customer_articles.customer_key, articles.product_key
