{% set purchase = ["sold_on", "customer_key", "article_key", "price", "is_online", "quantity"] %}
{% set customer = ["customer_id", "is_fn", "is_active", "club_member_status", "fashion_news_frequency", "age", "postal_code"] %}
{% set article = ["article_id", "product_code", "prod_name"] + taste_attributes() %}

with counts as (

    select * from {{ ref("input_counts") }}

),

staged as (

    select
        'articles' as file_name,
        cast(null as date) as first_day,
        cast(null as date) as last_day,
        {{ rows_hash(article) }} as fingerprint
    from {{ ref("stg_articles") }}

    union all

    select
        'customers' as file_name,
        cast(null as date) as first_day,
        cast(null as date) as last_day,
        {{ rows_hash(customer) }} as fingerprint
    from {{ ref("stg_customers") }}

    union all

    select
        'transactions_train' as file_name,
        min(sold_on) as first_day,
        max(sold_on) as last_day,
        {{ rows_hash(purchase) }} as fingerprint
    from {{ ref("stg_transactions") }}

)

select
    counts.file_name,
    counts.n_staged,
    counts.n_refused,
    staged.first_day,
    staged.last_day,
    staged.fingerprint
from counts
inner join staged on counts.file_name = staged.file_name
