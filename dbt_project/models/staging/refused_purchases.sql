{{ config(materialized="ephemeral") }}

{#- The file is read a second time, for the lines, only where there is something to find. -#}
{% set n_refused = count_of(ref("typed_transactions"), "rejected_because is not null") %}
{% set n_stray = count_of(ref("purchase_days"), "is_stray") %}

with purchases as (

    select
        line_number,
        row_text,
        article_id,
        {{ try_cast("t_dat", "date") }} as sold_on,
        {{ purchase_text() }} as purchase_text
    from {{ source("hm", "transactions_train_lines") }}
    where {{ n_refused + n_stray > 0 }}

),

refused as (

    select
        purchase_text,
        min(rejected_because) as rejected_because
    from {{ ref("typed_transactions") }}
    where rejected_because is not null
    group by purchase_text

),

stray_days as (

    select sold_on from {{ ref("purchase_days") }}
    where is_stray

),

short_ids as (

    select distinct ltrim(article_id, '0') as short_id from {{ ref("stg_articles") }}

),

found as (

    select
        purchases.line_number,
        purchases.row_text,
        ltrim(purchases.article_id, '0') as short_id,
        coalesce(refused.rejected_because, 't_dat is long after all others') as rejected_because
    from purchases
    left join refused on purchases.purchase_text = refused.purchase_text
    left join stray_days on purchases.sold_on = stray_days.sold_on
    where refused.purchase_text is not null or stray_days.sold_on is not null

)

select
    found.line_number,
    case
        when found.rejected_because = 'unknown article_id' and short_ids.short_id is not null
            then 'article_id with other leading zeros than in articles'
        else found.rejected_because
    end as rejected_because,
    found.row_text
from found
left join short_ids on found.short_id = short_ids.short_id
