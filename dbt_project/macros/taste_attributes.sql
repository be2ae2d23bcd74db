{#- Names of the attributes in which a customer can have a taste, in the order of the var. -#}
{% macro taste_attributes() %}{{ return(var("taste_attributes").keys() | list) }}{% endmacro %}


{#- The name of an attribute as a value, for tables of many rows: in DuckDB one of a list of names, which takes a quarter of
    the time that a text takes to write, and compares with a text all the same. -#}
{% macro attribute_name(attribute) %}{{ return(adapter.dispatch("attribute_name", "next_week")(attribute)) }}{% endmacro %}
{% macro default__attribute_name(attribute) %}'{{ attribute }}'{% endmacro %}
{% macro duckdb__attribute_name(attribute) %}cast('{{ attribute }}' as enum('{{ taste_attributes() | join("', '") }}')){% endmacro %}


{#- What a missing or blank attribute of an article is called. -#}
{% macro named(column) %}coalesce(nullif(trim({{ column }}), ''), 'Unknown'){% endmacro %}


{#- One row per article with the value_key of each of its attributes, as <attribute>_key. -#}
{% macro attribute_keys() -%}
select
    article_key
    {%- for attribute in taste_attributes() %},
    max(case when attribute = '{{ attribute }}' then value_key end) as {{ attribute }}_key
    {%- endfor %}
from {{ ref("article_attributes") }}
group by article_key
{%- endmacro %}
