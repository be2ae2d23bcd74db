{#- The rows of a relation of purchases as they stand in a file, each with its values typed, its keys, and the reason where it
    is refused.

    Arguments: purchases, the name of a relation with the columns of transactions_train that are used. -#}
{% macro judged_purchases(purchases) -%}
with articles as (

    select * from {{ ref("stg_articles") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

typed as (

    select
        purchases.*,
        {{ try_cast("purchases.t_dat", "date") }} as sold_on,
        customers.customer_key,
        articles.article_key,
        {{ try_cast("purchases.price", "double") }} as piece_price,
        {{ try_cast("purchases.sales_channel_id", "integer") }} as sales_channel
    from {{ purchases }} as purchases
    left join customers on purchases.customer_id = customers.customer_id
    left join articles on purchases.article_id = articles.article_id

),

-- Nearly all rows pass all rules at once; only the others are asked which one they break.
doubted as (

    select
        *,
        coalesce(
            customer_key is not null
            and article_key is not null
            and sold_on between cast('{{ var("earliest_day") }}' as date) and date '9999-12-30'
            and piece_price between 0 and {{ var("max_price") }}
            and sales_channel is not null,
            false
        ) as is_plain
    from typed

)

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
        when piece_price is null or isnan(piece_price) or isinf(piece_price) then 'price is not a number'
        when piece_price < 0 then 'price is negative'
        when piece_price > {{ var("max_price") }} then 'price is above {{ var("max_price") }}'
        when sales_channel is null and not {{ is_missing("sales_channel_id") }} then 'sales_channel_id is not a number'
    end as rejected_because
from doubted
{%- endmacro %}
