{#- A file that is not of the kind that its name says. -#}
{% macro check_kind(path) %}
    {% set marks = {".gz": ["1F8B", "gzip"], ".zst": ["28B52FFD", "zstd"], ".parquet": ["50415231", "parquet"]} %}
    {% for ending, mark in marks.items() if path.endswith(ending) %}
        {% set places = ["content[1:" ~ mark[0] | length // 2 ~ "]"] + (["content[-4:]"] if ending == ".parquet" else []) %}
        {% for place in places %}
            {% set found = query_values("select 'x' || hex(" ~ place ~ ") from read_blob(" ~ quoted(path) ~ ")")[0] %}
            {#- A zstd file may begin with a frame to be skipped, as pzstd writes it. -#}
            {% if found != "x" ~ mark[0] and not (ending == ".zst" and modules.re.fullmatch("x5.2A4D18", found)) %}
                {{ stop(path ~ ": this is no whole " ~ mark[1] ~ " file; write it again, or name it for what it is.") }}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{#- The names in the header, lower case, after checking that it is one and has the columns that are used. (A limit alone
    would take any line: only a row_number makes DuckDB read in order.) -#}
{% macro header_names(path, columns) %}
    {% set head = query_values("select to_json(coalesce(line, '')) from " ~ numbered_lines(path, false) ~ " where n = 1 limit 1") %}
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


{% macro check_columns(path, found, columns) %}
    {% set missing = [] %}
    {% for column in columns %}
        {% if column | lower not in found %}{% do missing.append(column) %}{% endif %}
        {% if found | select("equalto", column | lower) | list | length > 1 %}
            {{ stop(path ~ ": column " ~ column ~ " is there more than once; keep one of them.") }}
        {% endif %}
    {% endfor %}
    {% if missing %}
        {% set one = missing | length == 1 %}
        {{ stop(path ~ (": column " if one else ": columns ") ~ missing | join(", ") ~ (" is" if one else " are") ~ " missing (found: " ~ found | join(", ") | truncate(500) ~ "); add " ~ ("it, under this name." if one else "them, under these names.")) }}
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
            "select arg_min(" ~ column ~ ", n) filter (trim(" ~ column ~ ") <> ''), count(nullif(trim(" ~ column ~ "), '')), count(try_cast(" ~ column ~ " as " ~ kind[0] ~ "))"
            ~ " from (select * from (select " ~ column ~ ", row_number() over () as n from raw." ~ file ~ ") where n <= 1000 limit 1000)"
        ).rows[0] %}
        {% set is_needed = column in ["t_dat", "price"] %}
        {% if head[2] == 0 and (head[1] > 0 or is_needed) %}
            {{ stop(path ~ ": column " ~ column ~ " holds " ~ (head[0] | tojson if head[1] > 0 else "nothing") ~ " where " ~ kind[1] ~ " is needed" ~ (" (with a point, not a comma)" if kind[0] == "double" and "," in (head[0] or "") else "") ~ ", and none of the first rows has one; mend the column.") }}
        {% endif %}
    {% endfor %}
{% endmacro %}


{#- as_of must be a day of the purchases. Only when it is given: this reads the whole column. -#}
{% macro check_as_of(path) %}
    {% if var("as_of") is not none %}
        {% set days = run_query("select min(try_cast(t_dat as date)), max(try_cast(t_dat as date)) from raw.transactions_train").rows[0] %}
        {% if not (days[0] | string <= var("as_of") | string <= days[1] | string) %}
            {{ stop("--vars or dbt_project.yml: as_of is " ~ var("as_of") ~ ", but " ~ path ~ " holds purchases from " ~ days[0] ~ " to " ~ days[1] ~ "; set it to one of these days.") }}
        {% endif %}
    {% endif %}
{% endmacro %}
