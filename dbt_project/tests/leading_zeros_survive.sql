-- Ids go in and out as text: each id of a file is staged letter for letter, or its row is refused.
{% for file, id in {"articles": "article_id", "customers": "customer_id"}.items() %}
select rows_of_file.{{ id }} as lost_id
from {{ source("hm", file) }} as rows_of_file
left join {{ ref("stg_" ~ file) }} as staged on rows_of_file.{{ id }} = staged.{{ id }}
left join {{ ref("rejected_rows") }} as refused
    on refused.file_name = '{{ file }}' and rows_of_file.line_number = refused.line_number
where staged.{{ id }} is null and refused.line_number is null
{% if not loop.last %}union all{% endif %}
{% endfor %}
