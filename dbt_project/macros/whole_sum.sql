{#- The sum of whole numbers, as a double: exact up to 2^53, so that it does not depend on the order in which the threads
    add, and faster than the 16 bytes in which DuckDB adds up integers. -#}
{% macro whole_sum(value) -%}
    sum(cast({{ value }} as double))
{%- endmacro %}
