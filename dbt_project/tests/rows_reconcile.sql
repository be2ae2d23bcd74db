-- No row is lost: each row of a file is staged, as a row or as a part of a quantity, or refused with a reason,
-- or, for purchases, later than as_of.
with counted as (

    select
        'articles' as file_name,
        (select count(*) from {{ source("hm", "articles") }}) as n_in_file,
        (select count(*) from {{ ref("stg_articles") }}) as n_staged

    union all

    select
        'customers' as file_name,
        (select count(*) from {{ source("hm", "customers") }}) as n_in_file,
        (select count(*) from {{ ref("stg_customers") }}) as n_staged

    union all

    select
        'transactions_train' as file_name,
        (select count(*) from {{ source("hm", "transactions_train") }}) as n_in_file,
        (select sum(quantity) from {{ ref("stg_transactions") }}) + (
            select count(*) from {{ ref("typed_transactions") }}
            where rejected_because is null and not {{ known_as_of("sold_on") }}
        ) as n_staged

),

refused as (

    select
        file_name,
        count(*) as n_refused
    from {{ ref("rejected_rows") }}
    group by file_name

)

select
    counted.file_name,
    counted.n_in_file,
    counted.n_staged,
    coalesce(refused.n_refused, 0) as n_refused
from counted
left join refused on counted.file_name = refused.file_name
where counted.n_in_file <> counted.n_staged + coalesce(refused.n_refused, 0)
