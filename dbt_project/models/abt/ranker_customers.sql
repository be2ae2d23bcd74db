{{ config(materialized="view") }}

with window_customers as (

    select * from {{ ref("window_customers") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

activity as (

    select * from {{ ref("feat_customer_activity") }}

)

select
    {% for name, expression in customer_features().items() %}
    {{ expression }} as {{ name }},
    {% endfor %}
    window_customers.window_id,
    window_customers.customer_key
from window_customers
inner join customers on window_customers.customer_key = customers.customer_key
left join activity
    on window_customers.window_id = activity.window_id and window_customers.customer_key = activity.customer_key
