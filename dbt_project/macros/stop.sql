{#- Ends the run with one sentence. dbt exits with status 2. -#}
{% macro stop(sentence) %}
    {% do exceptions.raise_compiler_error(sentence) %}
{% endmacro %}
