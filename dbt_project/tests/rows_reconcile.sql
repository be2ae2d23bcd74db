-- No row is lost: each row of a file, counted line by line before anything is made of them, is staged, as a row or as
-- a part of a quantity, or refused with a reason, or, for purchases, later than as_of.
with files as (

    {% for file in input_columns() %}
    select '{{ file }}' as file_name
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select files.file_name
from files
left join {{ ref("input_counts") }} as counts on files.file_name = counts.file_name
where
    counts.n_rows is null
    or counts.n_rows is distinct from counts.n_staged + counts.n_refused + counts.n_later_than_as_of
