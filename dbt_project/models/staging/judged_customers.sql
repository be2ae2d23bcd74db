{{ config(materialized="ephemeral") }}

with customers as (

    select * from {{ source("hm", "customers") }}

),

compared as (

    select
        line_number,
        row_text,
        {{ input_columns()["customers"] | join(",\n        ") }},
        row_number() over (partition by customer_id order by line_number) as copy_number,
        first_value(row_text) over (partition by customer_id order by line_number) as first_row_text
    from customers

)

select
    line_number,
    row_text,
    {{ input_columns()["customers"] | join(",\n    ") }},
    case
        when trim(coalesce(customer_id, '')) = '' then 'empty customer_id'
        when copy_number > 1 and row_text = first_row_text then 'repeated row'
        when copy_number > 1 then 'repeated customer_id with other content'
        {% for column in ["FN", "Active", "age"] %}
        when not {{ is_missing(column) }} and {{ finite(column) }} is null then '{{ column }} is not a number'
        {% endfor %}
        when {{ finite("age") }} < 0 or {{ finite("age") }} > 150 then 'age is below 0 or above 150'
    end as rejected_because
from compared
