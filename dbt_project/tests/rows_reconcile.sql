-- No row is lost: each row of a file, counted line by line before anything is made of them, is staged, as a row or as
-- a part of a quantity, or refused with a reason, or, for purchases, later than as_of.
with counts as (

    select
        file_name,
        n_rows,
        n_staged,
        n_refused,
        n_later_than_as_of
    from {{ ref("input_counts") }}

),

refused as (

    select count(*) - count(distinct concat(file_name, line_number)) as n_of_a_line_twice
    from {{ ref("rejected_rows") }}

),

files as (

    select count(distinct file_name) as n_files from counts

)

select * from counts
where n_rows is distinct from n_staged + n_refused + n_later_than_as_of

union all

-- Each file is there, and each refused row has its own line.
select
    'all' as file_name,
    files.n_files as n_rows,
    0 as n_staged,
    refused.n_of_a_line_twice as n_refused,
    0 as n_later_than_as_of
from files
cross join refused
where files.n_files <> 3 or refused.n_of_a_line_twice <> 0
