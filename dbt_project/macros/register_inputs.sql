{#- The columns that the models use, file by file. Others may be there and are not read. -#}
{% macro input_columns() %}
    {{ return({
        "articles": (["article_id", "product_code", "prod_name"] + var("taste_attributes").values() | list) | unique | list,
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
    {% set folder = (env_var("HM_DATA_DIR", "") or "data").rstrip("/") or "/" %}
    {% if modules.re.search("[*?[]", folder) %}
        {{ stop("HM_DATA_DIR: the folder '" ~ folder ~ "' has a *, a ? or a [ in its name, which DuckDB takes for a pattern; name it otherwise.") }}
    {% endif %}
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


{#- A text that changes with the file and with what is read of it: as long as it is the same, the file is not looked
    through again. -#}
{% macro input_version(path, columns) %}
    {{ return(query_values("select concat_ws('|', 1, " ~ quoted(path) ~ ", size, last_modified, " ~ quoted(columns | join(",")) ~ ") from read_blob(" ~ quoted(path) ~ ")")[0]) }}
{% endmacro %}


{#- Makes the views over a parquet file, whose rows' numbers are their lines; returns how many there are. -#}
{% macro register_parquet(file, path, columns) %}
    {% set scan = "read_parquet(" ~ quoted(path) ~ ", file_row_number = true)" %}
    {% set described = run_query("select lower(column_name), column_type from (describe select * from read_parquet(" ~ quoted(path) ~ "))").rows %}
    {% do check_columns(path, described | map(attribute=0) | list, columns) %}
    {#- Which day an instant is hangs on the zone of the machine. -#}
    {% if "t_dat" in columns and described | selectattr(0, "equalto", "t_dat") | selectattr(1, "equalto", "TIMESTAMP WITH TIME ZONE") | list %}
        {{ stop(path ~ ": column t_dat has a time zone, so which day a purchase is of is not said; write it as a date, or as text in the form yyyy-mm-dd.") }}
    {% endif %}
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
