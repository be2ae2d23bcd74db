{#- Reading a CSV file as lines. The grammar is RFC 4180's: a field stands in quotes, with quotes in it doubled, or
    holds none. A line of its own that follows it, with as many fields as the header, is regular. DuckDB splits
    the lines here and nothing else; which of them are rows is said by these macros, so that a fault costs its own
    line and no other. -#}

{#- What stands in no line: four control characters in a row. -#}
{% macro no_text() %}{{ return("\x01\x02\x03\x04") }}{% endmacro %}


{#- One row for each line (`line`, null where it is empty). Lines that are not UTF-8, or longer than 2 MB, are left out.
    Its delimiter never occurs, so that a line is one column.

    Arguments: path; rejects, the name of a table for the lines left out; every_end, whether each carriage return and
    each line feed ends a line, which loses nothing where a file mixes them, or what DuckDB takes for the file's own;
    is_estimated, whether DuckDB looks into the file beforehand, and so knows about how many rows there are. Without
    that it takes a file for 42 rows and joins the wrong way round; but it stops there at a line of more than 2 MB. -#}
{% macro lines_of(path, rejects=none, every_end=true, is_estimated=false) -%}
    read_csv(
        {{ quoted(path) }}, auto_detect = {{ is_estimated }}, skip = 0, header = false, columns = {'line': 'varchar'},
        delim = '{{ no_text() }}', quote = '', escape = '', comment = '', strict_mode = false,
        {% if every_end %}new_line = '\n',{% endif %}
        {% if rejects -%}
        store_rejects = true, rejects_limit = 0, rejects_table = '{{ rejects }}', rejects_scan = '{{ rejects }}_scans'
        {%- else -%}
        ignore_errors = true
        {%- endif %}
    )
{%- endmacro %}


{#- line_number (1 is the header) and line, which may be null or missing where nothing stands. A row_number without
    order is computed by one thread, in the order of the file.

    Arguments: path; is_crlf, whether lines end in CR and LF, between which lines_of sees an empty one: of k empty lines
    in a row, k // 2 are the file's own; lost, a table of the lines left out, by their number in lines_of (n), or none;
    is_estimated, as for lines_of. -#}
{% macro numbered_lines(path, is_crlf, lost=none, is_estimated=false) -%}
    (
        with counted as (
            select row_number() over () as n, line from {{ lines_of(path, is_estimated=is_estimated) }}
        ),
        {% if lost %}
        gaps as (
            select n - n_lost + 1 as from_n, max(n_lost) as n_lost
            from (select n, row_number() over (order by n) as n_lost from {{ lost }})
            group by all
        ),
        ends as (
            select counted.n + coalesce(gaps.n_lost, 0) as n, counted.line
            from counted asof left join gaps on counted.n >= gaps.from_n
            union all
            select n, null from {{ lost }}
        ),
        {% else %}
        ends as (select * from counted),
        {% endif %}
        {% if is_crlf %}
        {% set in_order = "order by n" if lost else "" %}
        held as (
            select n, line, lag(n) over ({{ in_order }}) as n_before from ends
            where line is not null {% if lost %}or n in (select n from {{ lost }}){% endif %}
        )
        select
            n,
            cast(
                sum(1 + coalesce(n - n_before - 1, 0) // 2) over ({{ in_order }} rows unbounded preceding) as bigint
            ) as line_number,
            line
        from held
        {% else %}
        held as (select * from ends)
        select n, n as line_number, line from held
        {% endif %}
    )
{%- endmacro %}


{% macro is_well_formed(line) -%}
    regexp_full_match({{ line }}, '(?:[^",]*|"(?:[^"]|"")*")(?:,(?:[^",]*|"(?:[^"]|"")*"))*')
{%- endmacro %}


{#- The fields of a well-formed line as a list of text. Split at its quotes, every second part stands in quotes: commas there
    give way to a text that occurs in no line until the others have split it. Matching each field takes five times as long. -#}
{% macro fields_of(line) -%}
    {% set quoted_comma = "'" ~ no_text() ~ "'" -%}
    case
        when contains({{ line }}, '"') then list_transform(
            string_split(
                array_to_string(
                    list_transform(
                        string_split({{ line }}, '"'),
                        lambda part, i: case when i % 2 = 0 then replace(part, ',', {{ quoted_comma }}) else part end
                    ),
                    '"'
                ),
                ','
            ),
            lambda f: case when f[1] = '"' then replace(replace(f[2:-2], '""', '"'), {{ quoted_comma }}, ',') else f end
        )
        else string_split({{ line }}, ',')
    end
{%- endmacro %}


{% macro is_regular(line, n_columns) -%}
    case
        when contains({{ line }}, '"') then {{ is_well_formed(line) }} and len({{ fields_of(line) }}) = {{ n_columns }}
        else {{ line }} like '{{ "%," * (n_columns - 1) }}%' and {{ line }} not like '{{ "%," * n_columns }}%'
    end
{%- endmacro %}


{#- True where a quote opens on this line and closes on a later one, or the other way round. -#}
{% macro has_open_quote(line) -%}
    (len({{ line }}) - len(replace({{ line }}, '"', ''))) % 2 = 1
{%- endmacro %}
