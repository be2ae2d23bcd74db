{#- True for a text that stands for no value: nothing, or one of the words that exports write in its place. -#}
{% macro is_missing(expression) -%}
    (upper(trim(coalesce({{ expression }}, ''))) in ('', 'NULL', 'NONE', 'NAN', 'NA', 'N/A'))
{%- endmacro %}
