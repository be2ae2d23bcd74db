{{ config(materialized="ephemeral") }}

with articles as (

    select * from {{ source("hm", "articles") }}

),

compared as (

    select
        line_number,
        row_text,
        {{ input_columns()["articles"] | join(",\n        ") }},
        row_number() over (partition by article_id order by line_number) as copy_number,
        first_value(row_text) over (partition by article_id order by line_number) as first_row_text
    from articles

)

select
    line_number,
    row_text,
    {{ input_columns()["articles"] | join(",\n    ") }},
    case
        when trim(coalesce(article_id, '')) = '' then 'empty article_id'
        -- What Python's split() and the like take for the end of an id in a list of submission.csv.
        when regexp_matches(article_id, '[\s\v\x1c-\x1f\x{85}\p{Z}]') then 'article_id with white space'
        when copy_number > 1 and row_text = first_row_text then 'repeated row'
        when copy_number > 1 then 'repeated article_id with other content'
    end as rejected_because
from compared
