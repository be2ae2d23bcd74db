with customers as (

    select * from {{ source("hm", "customers") }}

),

numbered as (

    select
        *,
        row_number() over (partition by customer_id order by {{ row_text(input_columns()["customers"]) }}) as copy_number
    from customers
    where trim(customer_id) <> ''

),

-- H&M's files put one postal code where they know none: it is shared by 9 % of the customers.
unknown_postal_codes as (

    select postal_code
    from numbered
    where copy_number = 1
    group by postal_code
    having count(*) >= 10 and count(*) > {{ var("unknown_postal_code_share") }} * (select count(*) from numbered where copy_number = 1)

),

typed as (

    select
        numbered.customer_id,
        numbered.postal_code,
        coalesce({{ try_cast("numbered.fn", "double") }}, 0) = 1 as is_fn,
        coalesce({{ try_cast("numbered.active", "double") }}, 0) = 1 as is_active,
        coalesce(upper(nullif(trim(numbered.club_member_status), '')), 'UNKNOWN') as club_member_status,
        coalesce(upper(nullif(trim(numbered.fashion_news_frequency), '')), 'NONE') as fashion_news_frequency,
        cast({{ try_cast("numbered.age", "double") }} as integer) as age
    from numbered
    where numbered.copy_number = 1

)

select
    cast(row_number() over (order by typed.customer_id) as integer) as customer_key,
    typed.customer_id,
    typed.is_fn,
    typed.is_active,
    typed.club_member_status,
    typed.fashion_news_frequency,
    typed.age,
    {{ age_band("typed.age") }} as age_band,
    case when unknown_postal_codes.postal_code is null then nullif(trim(typed.postal_code), '') end as postal_code
from typed
left join unknown_postal_codes on typed.postal_code = unknown_postal_codes.postal_code
