with customers as (

    select * from {{ ref("judged_customers") }}
    where rejected_because is null

),

postal_codes as (

    select
        postal_code,
        count(*) as n_customers,
        sum(count(*)) over () as n_all_customers
    from customers
    group by postal_code

),

-- H&M's files put one postal code where they know none: it is shared by 9 % of the customers.
unknown_postal_codes as (

    select postal_code
    from postal_codes
    where n_customers >= 10 and n_customers > {{ var("unknown_postal_code_share") }} * n_all_customers

),

typed as (

    select
        customer_id,
        line_number,
        postal_code,
        coalesce({{ finite("fn") }}, 0) = 1 as is_fn,
        coalesce({{ finite("active") }}, 0) = 1 as is_active,
        case
            when {{ is_missing("club_member_status") }} then 'UNKNOWN'
            else upper(trim(club_member_status))
        end as club_member_status,
        case
            when {{ is_missing("fashion_news_frequency") }} then 'NONE'
            else upper(trim(fashion_news_frequency))
        end as fashion_news_frequency,
        cast({{ finite("age") }} as integer) as age
    from customers

),

-- From the ids alone: one thread numbers them, with all that stands beside them.
keys as (

    select
        customer_id,
        row_number() over (order by customer_id) as customer_key
    from typed

)

select
    cast(keys.customer_key as integer) as customer_key,
    typed.customer_id,
    typed.is_fn,
    typed.is_active,
    typed.club_member_status,
    typed.fashion_news_frequency,
    typed.age,
    {{ age_band("typed.age") }} as age_band,
    case when unknown_postal_codes.postal_code is null then nullif(trim(typed.postal_code), '') end as postal_code,
    typed.line_number
from typed
inner join keys on typed.customer_id = keys.customer_id
left join unknown_postal_codes on typed.postal_code = unknown_postal_codes.postal_code
order by keys.customer_key
