with tastes as (

    select * from {{ ref("feat_customer_taste") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

attribute_values as (

    select distinct
        value_key,
        attribute_value
    from {{ ref("article_attributes") }}

),

named as (

    select
        tastes.window_id,
        customers.customer_id,
        cast(tastes.attribute as {{ dbt.type_string() }}) as attribute,
        attribute_values.attribute_value,
        tastes.value_key,
        tastes.n_bought,
        tastes.days_since_last_bought
    from tastes
    inner join customers on tastes.customer_key = customers.customer_key
    inner join attribute_values on tastes.value_key = attribute_values.value_key

)

-- By the id, so that a question about one customer reads their rows alone.
select
    window_id,
    customer_id,
    attribute,
    attribute_value,
    n_bought,
    days_since_last_bought,
    cast(n_bought * 1.0 / sum(n_bought) over (partition by window_id, customer_id, attribute) as real) as taste_share,
    cast(
        row_number() over (
            partition by window_id, customer_id, attribute
            order by n_bought desc, days_since_last_bought asc, value_key asc
        ) as integer
    ) as taste_rank
from named
