{{ config(materialized="ephemeral") }}

{#- The file is read a second time, for the lines, only where there is something to find. -#}
{% set n_refused = count_of(ref("typed_transactions"), "is_refused") %}
{% set n_stray = count_of(ref("purchase_days"), "stray_because is not null") %}

with purchases as (

    select * from {{ source("hm", "transactions_train_lines") }}
    where {{ n_refused + n_stray > 0 }}

),

judged as (

    {{ judged_purchases("purchases") | indent(4) }}

),

stray_days as (

    select
        sold_on,
        stray_because
    from {{ ref("purchase_days") }}
    where stray_because is not null

),

short_ids as (

    select distinct ltrim(article_id, '0') as short_id from {{ ref("stg_articles") }}

),

refused as (

    select
        judged.line_number,
        judged.row_text,
        ltrim(judged.article_id, '0') as short_id,
        coalesce(judged.rejected_because, stray_days.stray_because) as rejected_because
    from judged
    left join stray_days on judged.sold_on = stray_days.sold_on
    where judged.rejected_because is not null or stray_days.sold_on is not null

)

select
    refused.line_number,
    case
        when refused.rejected_because = 'unknown article_id' and short_ids.short_id is not null
            then 'article_id with other leading zeros than in articles'
        else refused.rejected_because
    end as rejected_because,
    refused.row_text
from refused
left join short_ids on refused.short_id = short_ids.short_id
