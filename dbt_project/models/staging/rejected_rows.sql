{{ config(post_hook="{{ check_rejected_share() }}") }}

{#- A file is read a second time only where there is something to find. -#}
{% set n_articles = n_refused("articles", ref("stg_articles")) %}
{% set n_customers = n_refused("customers", ref("stg_customers")) %}

with refused_lines as (

    select * from {{ source("hm", "refused_lines") }}

),

refused_articles as (

    select * from {{ ref("judged_articles") }}
    where rejected_because is not null and {{ n_articles > 0 }}

),

refused_customers as (

    select * from {{ ref("judged_customers") }}
    where rejected_because is not null and {{ n_customers > 0 }}

),

refused_purchases as (

    select * from {{ ref("refused_purchases") }}

)

select
    file_name,
    line_number,
    rejected_because,
    row_text
from refused_lines

union all

select
    'articles' as file_name,
    line_number,
    rejected_because,
    row_text
from refused_articles

union all

select
    'customers' as file_name,
    line_number,
    rejected_because,
    row_text
from refused_customers

union all

select
    'transactions_train' as file_name,
    line_number,
    rejected_because,
    row_text
from refused_purchases
