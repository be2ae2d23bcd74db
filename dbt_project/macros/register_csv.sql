{#- Makes the views over a CSV file, keeps the lines that are no rows, and returns how many rows there are, these
    included. -#}
{% macro register_csv(file, path, columns) %}
    {% set n_bytes = compressed_bytes(path) %}
    {% set names = header_names(path, columns) %}
    {% set n_columns = names | length %}
    {% set is_crlf = has_crlf(path) %}

    {#- The one look through the whole file; its lines are counted apart from what the views make of them. -#}
    {% do run_query("drop table if exists hm_rejects") %}
    {% do run_query("drop table if exists hm_rejects_scans") %}
    {% set counts = run_query(
        "select count(*), count(line), count(*) filter (line is not null and not " ~ is_regular("line", n_columns) ~ "), cast(coalesce(sum(strlen(line)), 0) as bigint)"
        ~ " from " ~ lines_of(path, rejects="hm_rejects")
    ).rows[0] %}
    {% do keep_lost_lines(file, path) %}
    {% set n_lost = query_values("select count(*) from raw." ~ file ~ "_lost")[0] %}
    {% if n_lost == 0 %}{% do check_read_whole(path, n_bytes, counts[0] + counts[3]) %}{% endif %}
    {% set has_long = query_values("select count(*) from raw." ~ file ~ "_lost where rejected_because <> 'not UTF-8'")[0] > 0 %}
    {% set numbered = numbered_lines(path, is_crlf, "raw." ~ file ~ "_lost" if n_lost else none, is_estimated=not has_long) %}
    {% if n_lost and is_crlf %}
        {% do run_query("update raw." ~ file ~ "_lost as lost set line_number = lines.line_number from " ~ numbered ~ " as lines where lines.n = lost.n") %}
    {% endif %}
    {% do sort_odd_lines(file, numbered, n_columns, counts[2]) %}
    {% do run_query("
        insert into raw.refused_lines
        select '" ~ file ~ "', line_number, rejected_because, left(row_text, 100000) from raw." ~ file ~ "_lost
        union all
        select '" ~ file ~ "', line_number, rejected_because, left(row_text, 100000) from raw." ~ file ~ "_odd
    ") %}
    {% do create_csv_views(file, path, columns, names, numbered, counts[2] > 0, n_lost > 0) %}
    {{ return(counts[1] - 1 + n_lost - query_values("select coalesce(sum(n_lines - 1), 0) from raw." ~ file ~ "_long")[0]) }}
{% endmacro %}


{#- True where a line ends in CR and LF, which lines_of takes for two ends. Left to itself DuckDB takes them for one:
    then the second line that holds something comes earlier. -#}
{% macro has_crlf(path) %}
    {% set second = [] %}
    {% for every_end in [true, false] %}
        {% do second.append(query_values("
            select n from (select row_number() over () as n, line from " ~ lines_of(path, every_end=every_end) ~ ")
            where n > 1 and line is not null
            limit 1
        ")) %}
    {% endfor %}
    {{ return(second[0] != second[1]) }}
{% endmacro %}


{#- A file whose lines are all rows is read by DuckDB's own parser, which is the fastest, any other by its lines. -#}
{% macro create_csv_views(file, path, columns, names, numbered, is_faulty, is_lossy) %}
    {% set fields, rows, labels = [], [], [] %}
    {% for column in columns %}
        {% set position = names.index(column | lower) + 1 %}
        {% do fields.append("nullif(fields[" ~ position ~ "], '') as " ~ column) %}
        {% do rows.append("c" ~ position ~ " as " ~ column) %}
    {% endfor %}
    {% for name in names %}{% do labels.append("'c" ~ loop.index ~ "'") %}{% endfor %}
    {% set kept = "select line_number, line from " ~ numbered ~ " where line_number > 1 and line is not null" %}
    {% if is_faulty %}
        {% set kept = kept ~ " and " ~ is_regular("line", names | length)
            ~ " and line_number not in (select unnest(range(first_line, last_line + 1)) from raw." ~ file ~ "_long)"
            ~ " union all select first_line, row_text from raw." ~ file ~ "_long" %}
    {% endif %}
    {% set split = "select line_number, line, " ~ fields_of("line") ~ " as fields from (" ~ kept ~ ")" %}
    {% set read = "read_csv(" ~ quoted(path) ~ ", header = true, all_varchar = true, names = [" ~ labels | join(", ") ~ "], skip = 0, delim = ',',
        quote = '\"', escape = '\"', comment = '', new_line = '\\n', strict_mode = false)" %}
    {% do create_views(
        file,
        "select " ~ fields | join(", ") ~ " from (" ~ split ~ ")" if is_faulty or is_lossy else "select " ~ rows | join(", ") ~ " from " ~ read,
        "select line_number, line as row_text, " ~ fields | join(", ") ~ " from (" ~ split ~ ")",
    ) %}
{% endmacro %}
