{#- The columns that the models use, file by file. Others may be there and are not read. -#}
{% macro input_columns() %}
    {{ return({
        "articles": ["article_id", "product_code", "prod_name", "product_group_name"] + var("taste_attributes").values() | list,
        "customers": ["customer_id", "FN", "Active", "club_member_status", "fashion_news_frequency", "age", "postal_code"],
        "transactions_train": ["t_dat", "customer_id", "article_id", "price", "sales_channel_id"],
    }) }}
{% endmacro %}


{#- Makes a view raw.<file> over each file of HM_DATA_DIR, of the columns that are used, as text: the names of others
    are anyone's, and would stand as they are in the page of dbt docs (docs/decisions/0008). Before, it checks that the file is there, has the columns that are used, has rows, and that they look like what they should be. -#}
{% macro register_inputs() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% set folder = env_var("HM_DATA_DIR", "data") %}
    {% if query_values("select count(*) from glob(" ~ quoted(folder ~ "/*") ~ ")")[0] == 0 %}
        {{ stop("HM_DATA_DIR: the folder '" ~ folder ~ "' is not there or is empty; put articles, customers and transactions_train in it, or run: python -m models_py.demo_data --out " ~ folder) }}
    {% endif %}
    {% do run_query("create schema if not exists raw") %}
    {% for file, columns in input_columns().items() %}
        {% set path = input_path(folder, file) %}
        {% set scan = scan_of(path) %}
        {% do check_columns(path, scan, columns) %}
        {% do run_query("create or replace view raw." ~ file ~ " as select " ~ columns | unique | join(", ") ~ " from " ~ scan) %}
        {% do check_types(file, path) %}
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
        {{ stop(folder ~ ": there is no " ~ file ~ " (" ~ endings | join(", ") ~ "); put it there.") }}
    {% elif found | length > 1 %}
        {{ stop(folder ~ ": " ~ found | join(" and ") ~ " are both there; keep one of them.") }}
    {% endif %}
    {% if query_values("select size from read_blob(" ~ quoted(found[0]) ~ ")")[0] == 0 %}
        {{ stop(found[0] ~ ": the file is empty; it needs a header and rows.") }}
    {% endif %}
    {{ return(found[0]) }}
{% endmacro %}


{% macro scan_of(path) %}
    {% if path.endswith(".parquet") %}
        {{ return("(select cast(columns(*) as varchar) from read_parquet(" ~ quoted(path) ~ "))") }}
    {% endif %}
    {{ return("read_csv(" ~ quoted(path) ~ ", header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', comment = '')") }}
{% endmacro %}


{% macro check_columns(path, scan, columns) %}
    {% set found = query_values("select lower(column_name) from (describe select * from " ~ scan ~ ")") %}
    {% set missing = [] %}
    {% for column in columns %}
        {% if column | lower not in found %}{% do missing.append(column) %}{% endif %}
    {% endfor %}
    {% if missing %}
        {{ stop(path ~ ": column " ~ missing | join(", ") ~ " is missing (found: " ~ found | join(", ") ~ "); add it, under this name, to the header.") }}
    {% endif %}
    {% if query_values("select count(*) from (select 1 from " ~ scan ~ " limit 1)")[0] == 0 %}
        {{ stop(path ~ ": there is a header but no row; it needs at least one.") }}
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
