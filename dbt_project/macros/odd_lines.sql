{#- Lines of a CSV file that are no rows: what is kept of them, and which of them are one row together. -#}

{#- Keeps the lines that DuckDB gives no text of. It tells their place in the file, so that of a file of less than 250
    MB the bytes can be shown. -#}
{% macro keep_lost_lines(file, path) %}
    {% set is_small = path.endswith(".csv") and query_values("select size < 250e6 from read_blob(" ~ quoted(path) ~ ")")[0] and query_values("select count(*) from hm_rejects")[0] %}
    {% set text %}
        {% if is_small %}
        replace(replace(replace(
            regexp_extract(
                cast(file.content[rejects.line_byte_position:rejects.line_byte_position + 9999] as varchar),
                '^(?:\\x0A|\\x0D)*(.*?)(?:\\x0A|\\x0D|$)', 1
            ), '\x22', '"'), '\x27', ''''), '\x5C', '\'
        )
        {% else %}
        ltrim(rejects.csv_line, chr(10) || chr(13))
        {% endif %}
    {% endset %}
    {% do run_query("
        create or replace table raw." ~ file ~ "_lost as
        select
            cast(rejects.line as bigint) as n,
            cast(rejects.line as bigint) as line_number,
            case cast(rejects.error_type as varchar)
                when 'INVALID ENCODING' then 'not UTF-8'
                when 'LINE SIZE OVER MAXIMUM' then 'longer than 2 MB'
                else 'not readable'
            end as rejected_because,
            " ~ text ~ " as row_text
        from hm_rejects as rejects
        " ~ ("cross join read_blob(" ~ quoted(path) ~ ") as file" if is_small else "")
    ) %}
{% endmacro %}


{#- What becomes of lines that are no rows by themselves. Those from one with an open quote to the next such are one
    row (raw.<file>_long) when they make a regular one together and are at most a thousand; of two that overlap the
    first counts. The others are refused (raw.<file>_odd). So a quote that is never closed costs one line. -#}
{% macro sort_odd_lines(file, numbered, n_columns, n_odd) %}
    {% do run_query("
        create or replace table raw." ~ file ~ "_odd as
        select
            line_number,
            line as row_text,
            case
                when not " ~ is_well_formed("line") ~ " then 'quotes that are not closed or not doubled'
                when len(" ~ fields_of("line") ~ ") < " ~ n_columns ~ " then 'too few columns'
                else 'too many columns'
            end as rejected_because
        from " ~ numbered ~ "
        where " ~ ("line_number > 1 and line is not null and not " ~ is_regular("line", n_columns) if n_odd else "false") ~ "
    ") %}
    {% do run_query("
        create or replace table raw." ~ file ~ "_long as
        with openers as (
            select
                line_number as first_line,
                lead(line_number) over (order by line_number) as last_line,
                row_number() over (order by line_number) as opener
            from raw." ~ file ~ "_odd
            where " ~ has_open_quote("row_text") ~ "
        ),
        spans as (
            select * from openers
            where last_line - first_line < 1000 and not exists (
                select 1 from raw." ~ file ~ "_lost as lost
                where lost.line_number between openers.first_line and openers.last_line
            )
        ),
        numbers as (
            select *, unnest(range(first_line, last_line + 1)) as line_number from spans
        ),
        joined as (
            select
                numbers.first_line,
                numbers.last_line,
                numbers.opener,
                count(lines.line) as n_lines,
                string_agg(coalesce(lines.line, ''), chr(10) order by numbers.line_number) as row_text
            from numbers
            left join " ~ numbered ~ " as lines on numbers.line_number = lines.line_number
            group by all
        ),
        regular as (
            select *, opener - row_number() over (order by opener) as island from joined
            where " ~ is_regular("row_text", n_columns) ~ "
        )
        select first_line, last_line, n_lines, row_text from regular
        qualify row_number() over (partition by island order by opener) % 2 = 1
    ") %}
    {% do run_query("
        delete from raw." ~ file ~ "_odd as odd where exists (
            select 1 from raw." ~ file ~ "_long as long where odd.line_number between long.first_line and long.last_line
        )
    ") %}
{% endmacro %}
