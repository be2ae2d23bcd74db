-- No row is lost: each row of a file, counted line by line before anything is made of them, is staged, as a row or as
-- a part of a quantity, or refused with a reason, or, for purchases, later than as_of.
select * from {{ ref("input_counts") }}
where n_rows is distinct from n_staged + n_refused + n_later_than_as_of

union all

-- Each file is there, and each refused row has its own line.
select
    'all' as file_name,
    count(*) as n_rows,
    count(distinct counts.file_name) as n_staged,
    (select count(*) - count(distinct concat(file_name, line_number)) from {{ ref("rejected_rows") }}) as n_refused,
    0 as n_later_than_as_of
from {{ ref("input_counts") }} as counts
having count(distinct counts.file_name) <> 3 or n_refused <> 0
