{% set purchase = ["sold_on", "customer_key", "article_key", "price", "is_online", "quantity"] %}
{% set customer = ["customer_id", "is_fn", "is_active", "club_member_status", "fashion_news_frequency", "age", "postal_code"] %}
{% set article = ["article_id", "product_code", "prod_name", "product_group"] + taste_attributes() %}

with staged as (

    select
        'articles' as file_name,
        count(*) as n_staged,
        cast(null as date) as first_day,
        cast(null as date) as last_day,
        {{ rows_hash(article) }} as fingerprint
    from {{ ref("stg_articles") }}

    union all

    select
        'customers' as file_name,
        count(*) as n_staged,
        cast(null as date) as first_day,
        cast(null as date) as last_day,
        {{ rows_hash(customer) }} as fingerprint
    from {{ ref("stg_customers") }}

    union all

    select
        'transactions_train' as file_name,
        sum(quantity) as n_staged,
        min(sold_on) as first_day,
        max(sold_on) as last_day,
        {{ rows_hash(purchase) }} as fingerprint
    from {{ ref("stg_transactions") }}

),

refused as (

    select
        file_name,
        count(*) as n_refused
    from {{ ref("rejected_rows") }}
    group by file_name

)

select
    staged.file_name,
    cast(staged.n_staged as bigint) as n_staged,
    cast(coalesce(refused.n_refused, 0) as bigint) as n_refused,
    staged.first_day,
    staged.last_day,
    staged.fingerprint
from staged
left join refused on staged.file_name = refused.file_name
