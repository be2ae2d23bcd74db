{#- What differs between engines, one macro each, behind adapter.dispatch. -#}

{#- A value of another type, or null where the text is not one. -#}
{% macro try_cast(expression, type) %}{{ return(adapter.dispatch("try_cast", "next_week")(expression, type)) }}{% endmacro %}
{% macro default__try_cast(expression, type) %}try_cast({{ expression }} as {{ type }}){% endmacro %}

{#- A finite number, or null where the text is none. -#}
{% macro finite(expression) %}{{ return(adapter.dispatch("finite", "next_week")(expression)) }}{% endmacro %}
{% macro default__finite(expression) -%}
    (case when not isnan({{ try_cast(expression, "double") }}) and abs({{ try_cast(expression, "double") }}) <= 1e300 then {{ try_cast(expression, "double") }} end)
{%- endmacro %}

{#- A whole number from 0 to 999,999 that depends on the text alone: the same on each machine and run. -#}
{% macro hash_million(expression) %}{{ return(adapter.dispatch("hash_million", "next_week")(expression)) }}{% endmacro %}
{% macro default__hash_million(expression) %}cast(conv(substr(md5({{ expression }}), 1, 8), 16, 10) as bigint) % 1000000{% endmacro %}
{% macro duckdb__hash_million(expression) %}cast(('0x' || substr(md5({{ expression }}), 1, 8)) as bigint) % 1000000{% endmacro %}

{#- Days from one date to a later one. -#}
{% macro days_between(earlier, later) %}{{ return(adapter.dispatch("days_between", "next_week")(earlier, later)) }}{% endmacro %}
{% macro default__days_between(earlier, later) %}cast({{ dbt.datediff(earlier, later, "day") }} as integer){% endmacro %}
{% macro duckdb__days_between(earlier, later) %}cast({{ later }} - {{ earlier }} as integer){% endmacro %}

{#- The day n days after (before, when negative) a date. -#}
{% macro add_days(date, n) %}cast({{ dbt.dateadd("day", n, date) }} as date){% endmacro %}

{#- One text out of a row's columns, for people to read. -#}
{% macro row_text(columns) %}concat_ws(',' {%- for column in columns %}, coalesce({{ column }}, ''){% endfor %}){% endmacro %}

{#- A whole number from 0 to 1,000,002 that depends on three whole numbers alone, for drawing among pairs: linear
    congruences with a prime modulus. It spreads the pairs of one customer; whether two given articles are drawn
    together is not independent from customer to customer. -#}
{% macro pair_hash(one, two, three) -%}
    (((cast({{ one }} as bigint) * 7919 + {{ three }}) % 1000003 * 486187 + cast({{ two }} as bigint) * 15485863) % 1000003
    * 722593 % 1000003)
{%- endmacro %}

{#- A text that stands for all rows of a relation, whatever their order: the sum of a hash of each. Another version of
    the engine may hash otherwise. -#}
{% macro rows_hash(columns) %}{{ return(adapter.dispatch("rows_hash", "next_week")(columns)) }}{% endmacro %}
{% macro default__rows_hash(columns) %}cast(sum(cast(xxhash64({{ columns | join(", ") }}) as decimal(38, 0))) as {{ dbt.type_string() }}){% endmacro %}
{% macro duckdb__rows_hash(columns) %}cast(sum(hash({{ columns | join(", ") }})) as {{ dbt.type_string() }}){% endmacro %}

{#- The name of a taste attribute as a value, for tables of many rows: in DuckDB one of a list of names, which takes a quarter of
    the time that a text takes to write, and compares with a text all the same. -#}
{% macro attribute_name(attribute) %}{{ return(adapter.dispatch("attribute_name", "next_week")(attribute)) }}{% endmacro %}
{% macro default__attribute_name(attribute) %}'{{ attribute }}'{% endmacro %}
{% macro duckdb__attribute_name(attribute) %}cast('{{ attribute }}' as enum('{{ taste_attributes() | join("', '") }}')){% endmacro %}
