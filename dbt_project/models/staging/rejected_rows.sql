{{ config(post_hook="{{ check_rejected_share() }}") }}

with typed_transactions as (

    select * from {{ ref("typed_transactions") }}

),

refused_purchases as (

    select
        'transactions_train' as file_name,
        rejected_because,
        row_text
    from typed_transactions
    where rejected_because is not null

)

{% for file, id in {"articles": "article_id", "customers": "customer_id"}.items() %},

numbered_{{ file }} as (

    select
        {{ id }} as id,
        {{ row_text(input_columns()[file]) }} as row_text,
        row_number() over (partition by {{ id }} order by {{ row_text(input_columns()[file]) }}) as copy_number
    from {{ source("hm", file) }}

),

refused_{{ file }} as (

    select
        '{{ file }}' as file_name,
        case
            when trim(coalesce(id, '')) = '' then 'empty {{ id }}'
            when not {{ is_usable_id(id, "id") }} then '{{ id }} with white space'
            else 'repeated {{ id }}'
        end as rejected_because,
        row_text
    from numbered_{{ file }}
    where copy_number > 1 or not {{ is_usable_id(id, "id") }}

)
{% endfor %}

select
    file_name,
    rejected_because,
    row_text
from refused_purchases
union all
select
    file_name,
    rejected_because,
    row_text
from refused_articles
union all
select
    file_name,
    rejected_because,
    row_text
from refused_customers
