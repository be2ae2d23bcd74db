with input_files as (

    select * from {{ source("hm", "input_files") }}

),

later as (

    select coalesce(sum(n_rows), 0) as n_rows from {{ ref("purchase_days") }}
    where not {{ known_as_of("sold_on") }}

),

staged as (

    select
        'articles' as file_name,
        count(*) as n_staged,
        0 as n_later
    from {{ ref("stg_articles") }}

    union all

    select
        'customers' as file_name,
        count(*) as n_staged,
        0 as n_later
    from {{ ref("stg_customers") }}

    union all

    select
        'transactions_train' as file_name,
        coalesce(sum(quantity), 0) as n_staged,
        (select later.n_rows from later) as n_later
    from {{ ref("stg_transactions") }}

),

refused as (

    select
        file_name,
        count(*) as n_refused
    from {{ ref("rejected_rows") }}
    group by file_name

)

select
    input_files.file_name,
    input_files.n_rows,
    cast(staged.n_staged as bigint) as n_staged,
    coalesce(refused.n_refused, 0) as n_refused,
    cast(staged.n_later as bigint) as n_later_than_as_of
from input_files
inner join staged on input_files.file_name = staged.file_name
left join refused on input_files.file_name = refused.file_name
