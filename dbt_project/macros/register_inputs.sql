{#- The columns that the models use, file by file. Others may be there and are not read. -#}
{% macro input_columns() %}
    {{ return({
        "articles": (["article_id", "product_code", "prod_name", "product_group_name"] + var("taste_attributes").values() | list) | unique | list,
        "customers": ["customer_id", "FN", "Active", "club_member_status", "fashion_news_frequency", "age", "postal_code"],
        "transactions_train": ["t_dat", "customer_id", "article_id", "price", "sales_channel_id"],
    }) }}
{% endmacro %}


{#- Makes, of each file of HM_DATA_DIR, the views that the models read, all columns as text, after checking that the
    file is there, has the columns that are used, has rows, and that they look like what they should be. Lines that
    are no rows go to raw.refused_lines (docs/decisions/0006-refused-rows.md). The names of columns that are not used
    are anyone's, and would stand as they are in the page of dbt docs (docs/decisions/0008-nothing-dangerous.md).

    raw.articles, raw.customers   line_number, row_text and the columns that are used
    raw.transactions_train        the columns that are used, read by all threads
    raw.transactions_train_lines  the same with line_number and row_text, read by one
    raw.input_files               how many rows each file has, and what the file was when that was counted -#}
{% macro register_inputs() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% set folder = env_var("HM_DATA_DIR", "data") %}
    {% if query_values("select count(*) from glob(" ~ quoted(folder ~ "/*") ~ ")")[0] == 0 %}
        {{ stop("HM_DATA_DIR: the folder '" ~ folder ~ "' is not there or is empty; put articles, customers and transactions_train in it, or run: python -m models_py.demo_data --out " ~ folder) }}
    {% endif %}
    {% do run_query("create schema if not exists raw") %}
    {% do run_query("create table if not exists raw.input_files (file_name varchar, path varchar, version varchar, n_rows bigint)") %}
    {% do run_query("create table if not exists raw.refused_lines (file_name varchar, line_number bigint, rejected_because varchar, row_text varchar)") %}
    {% for file, columns in input_columns().items() %}
        {% set path = input_path(folder, file) %}
        {% set version = input_version(path, columns) %}
        {% if query_values("select count(*) from raw.input_files where file_name = '" ~ file ~ "' and version = " ~ quoted(version))[0] == 0 %}
            {% do run_query("delete from raw.input_files where file_name = '" ~ file ~ "'") %}
            {% do run_query("delete from raw.refused_lines where file_name = '" ~ file ~ "'") %}
            {% set n_rows = register_parquet(file, path, columns) if path.endswith(".parquet") else register_csv(file, path, columns) %}
            {% if n_rows == 0 %}
                {{ stop(path ~ ": there is a header but no row; it needs at least one.") }}
            {% endif %}
            {% if query_values("select count(*) from raw.refused_lines where file_name = '" ~ file ~ "'")[0] == n_rows %}
                {{ stop(path ~ ": none of its " ~ n_rows ~ " rows can be read: " ~ commonest_reasons("raw.refused_lines", file) ~ "; mend the file.") }}
            {% endif %}
            {% do check_types(file, path) %}
            {% do run_query("insert into raw.input_files values ('" ~ file ~ "', " ~ quoted(path) ~ ", " ~ quoted(version) ~ ", " ~ n_rows ~ ")") %}
        {% endif %}
    {% endfor %}
    {% do check_as_of(input_path(folder, "transactions_train")) %}
    {{ return("") }}
{% endmacro %}


{#- The one file of this name in the folder. -#}
{% macro input_path(folder, file) %}
    {% set endings = [".csv", ".csv.gz", ".csv.zst", ".parquet"] %}
    {% set found = [] %}
    {% for ending in endings %}
        {% do found.extend(query_values("select file from glob(" ~ quoted(folder ~ "/" ~ file ~ ending) ~ ")")) %}
    {% endfor %}
    {% if found | length == 0 %}
        {% set folders = query_values("select file from glob(" ~ quoted(folder ~ "/" ~ file ~ ".*/*") ~ ") limit 1") %}
        {% if folders %}
            {{ stop(folders[0].rpartition("/")[0] ~ " is a folder; put one file in its place.") }}
        {% endif %}
        {{ stop(folder ~ ": there is no " ~ file ~ " (" ~ endings | join(", ") ~ "); put it there.") }}
    {% elif found | length > 1 %}
        {{ stop(folder ~ ": " ~ found | join(" and ") ~ " are both there; keep one of them.") }}
    {% endif %}
    {% if query_values("select size from read_blob(" ~ quoted(found[0]) ~ ")")[0] == 0 %}
        {{ stop(found[0] ~ ": the file is empty; it needs a header and rows.") }}
    {% endif %}
    {% do check_kind(found[0]) %}
    {{ return(found[0]) }}
{% endmacro %}


{#- A file that is not of the kind that its name says. -#}
{% macro check_kind(path) %}
    {% set marks = {".gz": ["1F8B", "gzip"], ".zst": ["28B52FFD", "zstd"], ".parquet": ["50415231", "parquet"]} %}
    {% for ending, mark in marks.items() if path.endswith(ending) %}
        {% set places = ["content[1:" ~ mark[0] | length // 2 ~ "]"] + (["content[-4:]"] if ending == ".parquet" else []) %}
        {% for place in places %}
            {% if query_values("select 'x' || hex(" ~ place ~ ") from read_blob(" ~ quoted(path) ~ ")")[0] != "x" ~ mark[0] %}
                {{ stop(path ~ ": this is no whole " ~ mark[1] ~ " file; write it again, or name it for what it is.") }}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{#- A text that changes with the file and with what is read of it: as long as it is the same, the file is not looked
    through again. -#}
{% macro input_version(path, columns) %}
    {{ return(query_values("select concat_ws('|', 1, " ~ quoted(path) ~ ", size, last_modified, " ~ quoted(columns | join(",")) ~ ") from read_blob(" ~ quoted(path) ~ ")")[0]) }}
{% endmacro %}


{#- Makes the views over a parquet file, whose rows' numbers are their lines; returns how many there are. -#}
{% macro register_parquet(file, path, columns) %}
    {% set scan = "read_parquet(" ~ quoted(path) ~ ", file_row_number = true)" %}
    {% do check_columns(path, query_values("select lower(column_name) from (describe select * from read_parquet(" ~ quoted(path) ~ "))"), columns) %}
    {% set texts = [] %}
    {% for column in columns %}{% do texts.append("cast(" ~ column ~ " as varchar) as " ~ column) %}{% endfor %}
    {% set rows = "select file_row_number + 1 as line_number, " ~ texts | join(", ") ~ " from " ~ scan %}
    {% do create_views(
        file,
        "select " ~ columns | join(", ") ~ " from (" ~ rows ~ ")",
        "select line_number, " ~ row_text(columns) ~ " as row_text, " ~ columns | join(", ") ~ " from (" ~ rows ~ ")",
    ) %}
    {{ return(query_values("select count(*) from " ~ scan)[0]) }}
{% endmacro %}


{#- Arguments: file; rows, the select of its columns; lines, the same with line_number and row_text before them. -#}
{% macro create_views(file, rows, lines) %}
    {% if file == "transactions_train" %}
        {% do run_query("create or replace view raw." ~ file ~ " as " ~ rows) %}
        {% do run_query("create or replace view raw." ~ file ~ "_lines as " ~ lines) %}
    {% else %}
        {% do run_query("create or replace view raw." ~ file ~ " as " ~ lines) %}
    {% endif %}
{% endmacro %}


{#- Makes the views over a CSV file, keeps the lines that are no rows, and returns how many rows there are, these
    included. -#}
{% macro register_csv(file, path, columns) %}
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
    {% do check_compressed(path, counts[0] + counts[3], n_lost) %}
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


{#- The names in the header, lower case, after checking that it is one and has the columns that are used. -#}
{% macro header_names(path, columns) %}
    {% set head = query_values("select to_json(coalesce(line, '')) from " ~ numbered_lines(path, false) ~ " limit 1") %}
    {% set header = fromjson(head[0]) if head else "" %}
    {% if not header.strip() %}
        {{ stop(path ~ ": the first line is empty or no text in UTF-8; the header, " ~ columns | join(",") ~ ", must stand there.") }}
    {% elif "\x00" in header or not query_values("select " ~ is_well_formed(quoted(header)))[0] %}
        {{ stop(path ~ ": the first line, " ~ header[:80] | tojson ~ ", is not a header of names with commas between them; save the file as CSV in UTF-8.") }}
    {% endif %}
    {% set names = [] %}
    {% for name in fromjson(query_values("select to_json(" ~ fields_of(quoted(header)) ~ ")")[0]) %}
        {% do names.append(name.strip() | lower) %}
    {% endfor %}
    {% for separator, word in {";": "semicolons", "\t": "tabs", "|": "bars"}.items() %}
        {% if names | length < columns | length and columns[0] | lower in header | lower and separator in header %}
            {{ stop(path ~ ": the columns are separated by " ~ word ~ "; write the file with commas between them, and points in decimal numbers.") }}
        {% endif %}
    {% endfor %}
    {% do check_columns(path, names, columns) %}
    {{ return(names) }}
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


{#- DuckDB reads what a cut-off or damaged gzip file still gives, and says nothing. The last four bytes tell how long
    the text is: as long as what was read, give or take a mark at the begin and a line feed at the end. -#}
{% macro check_compressed(path, n_bytes, n_lost) %}
    {% if path.endswith(".gz") and n_lost == 0 %}
        {% set last = query_values("select 'x' || hex(content[-1:]) || hex(content[-2:-2]) || hex(content[-3:-3]) || hex(content[-4:-4]) from read_blob(" ~ quoted(path) ~ ")")[0] %}
        {% set missing = ((last[1:] | int(base=16)) - n_bytes) % 4294967296 %}
        {% if 4 < missing < 4294967292 %}
            {{ stop(path ~ ": the compressed file is cut off or damaged (gzip -t tells), or made of several; compress the whole file again.") }}
        {% endif %}
    {% endif %}
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


{% macro check_columns(path, found, columns) %}
    {% set missing = [] %}
    {% for column in columns %}
        {% if column | lower not in found %}{% do missing.append(column) %}{% endif %}
        {% if found | select("equalto", column | lower) | list | length > 1 %}
            {{ stop(path ~ ": column " ~ column ~ " is there more than once; keep one of them.") }}
        {% endif %}
    {% endfor %}
    {% if missing %}
        {{ stop(path ~ ": column " ~ missing | join(", ") ~ " is missing (found: " ~ found | join(", ") | truncate(500) ~ "); add it, under this name, to the header.") }}
    {% endif %}
{% endmacro %}


{#- Which columns are more than text: by file, column, its type, and what it looks like in words. -#}
{% macro typed_columns() %}
    {{ return({
        "customers": {"age": ["double", "a number of years"], "FN": ["double", "1, 0 or nothing"], "Active": ["double", "1, 0 or nothing"]},
        "transactions_train": {"t_dat": ["date", "a day in the form yyyy-mm-dd"], "price": ["double", "a number"], "sales_channel_id": ["integer", "1 (shop) or 2 (online)"]},
    }) }}
{% endmacro %}


{#- A type that is wrong in all of the first rows is a user's mistake, and not rows to refuse. -#}
{% macro check_types(file, path) %}
    {% for column, kind in typed_columns().get(file, {}).items() %}
        {% set head = run_query(
            "select min(" ~ column ~ "), count(nullif(trim(" ~ column ~ "), '')), count(try_cast(" ~ column ~ " as " ~ kind[0] ~ "))"
            ~ " from (select " ~ column ~ " from raw." ~ file ~ " limit 1000)"
        ).rows[0] %}
        {% set is_needed = column in ["t_dat", "price"] %}
        {% if head[2] == 0 and (head[1] > 0 or is_needed) %}
            {{ stop(path ~ ": column " ~ column ~ " holds " ~ (head[0] | tojson if head[1] > 0 else "nothing") ~ " where " ~ kind[1] ~ " is needed, in each of the first rows; mend the column.") }}
        {% endif %}
    {% endfor %}
{% endmacro %}


{#- as_of must be a day of the purchases. Only when it is given: this reads the whole column. -#}
{% macro check_as_of(path) %}
    {% if var("as_of") is not none %}
        {% set days = run_query("select min(try_cast(t_dat as date)), max(try_cast(t_dat as date)) from raw.transactions_train").rows[0] %}
        {% if not (days[0] | string <= var("as_of") | string <= days[1] | string) %}
            {{ stop("--vars: as_of is " ~ var("as_of") ~ ", but " ~ path ~ " holds purchases from " ~ days[0] ~ " to " ~ days[1] ~ "; set it to one of these days.") }}
        {% endif %}
    {% endif %}
{% endmacro %}


{#- The first column of a query's answer, as a list. -#}
{% macro query_values(sql) %}
    {{ return(run_query(sql).columns[0].values() | list) }}
{% endmacro %}


{% macro quoted(text) %}{{ return("'" ~ text.replace("'", "''") ~ "'") }}{% endmacro %}
