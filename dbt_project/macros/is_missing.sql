{#- True for a text that stands for no value: nothing, or one of the words that exports write in its place. (DuckDB joins
    an `in` of so many words with each row, even where a `case` asks for few of them.) -#}
{% macro is_missing(expression) -%}
    list_contains(['', 'NULL', 'NONE', 'NAN', 'NA', 'N/A'], upper(trim(coalesce({{ expression }}, ''))))
{%- endmacro %}
