{#- The first column of a query's answer, as a list. -#}
{% macro query_values(sql) %}
    {{ return(run_query(sql).columns[0].values() | list) }}
{% endmacro %}


{#- A text as SQL has it. -#}
{% macro quoted(text) %}{{ return("'" ~ text.replace("'", "''") ~ "'") }}{% endmacro %}
