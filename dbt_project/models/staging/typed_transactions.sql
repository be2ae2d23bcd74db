with transactions as (

    select * from {{ source("hm", "transactions_train") }}

),

articles as (

    select * from {{ ref("stg_articles") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

typed as (

    select
        {{ try_cast("transactions.t_dat", "date") }} as sold_on,
        customers.customer_key,
        articles.article_key,
        {{ try_cast("transactions.price", "double") }} as price,
        {{ try_cast("transactions.sales_channel_id", "integer") }} as sales_channel,
        transactions.t_dat,
        transactions.customer_id,
        transactions.article_id,
        transactions.price as price_text,
        transactions.sales_channel_id
    from transactions
    left join customers on transactions.customer_id = customers.customer_id
    left join articles on transactions.article_id = articles.article_id

),

-- Nearly all rows pass all rules at once; only the others are asked which one they break.
doubted as (

    select
        *,
        coalesce(
            customer_key is not null
            and article_key is not null
            and sold_on between cast('{{ var("earliest_day") }}' as date) and date '9999-12-30'
            and price between 0 and {{ var("max_price") }}
            and sales_channel is not null,
            false
        ) as is_plain
    from typed

),

judged as (

    select
        *,
        case
            when is_plain then null
            when trim(coalesce(customer_id, '')) = '' then 'empty customer_id'
            when trim(coalesce(article_id, '')) = '' then 'empty article_id'
            when customer_key is null then 'unknown customer_id'
            when article_key is null then 'unknown article_id'
            when sold_on is null or sold_on > date '9999-12-30' then 't_dat is not a day'
            when sold_on < cast('{{ var("earliest_day") }}' as date) then 't_dat is before {{ var("earliest_day") }}'
            when price is null or isnan(price) or isinf(price) then 'price is not a number'
            when price < 0 then 'price is negative'
            when price > {{ var("max_price") }} then 'price is above {{ var("max_price") }}'
            when sales_channel is null and not {{ is_missing("sales_channel_id") }} then 'sales_channel_id is not a number'
        end as rejected_because
    from doubted

)

select
    sold_on,
    customer_key,
    article_key,
    price,
    sales_channel = 2 as is_online,
    rejected_because,
    case
        when rejected_because is not null
            then {{ purchase_text("price_text") }}
    end as purchase_text
from judged
