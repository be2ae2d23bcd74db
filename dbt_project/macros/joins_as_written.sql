{#- Hooks of a model whose joins DuckDB is to take in the order that is written: it would put wide rows into hash tables,
    for more memory than HM_MEMORY_LIMIT=3GB leaves it (docs/decisions/0013). -#}
{% macro begin_joins_as_written() %}
    {% if target.type == "duckdb" %}set disabled_optimizers = 'join_order'{% endif %}
{% endmacro %}


{% macro end_joins_as_written() %}
    {% if target.type == "duckdb" %}reset disabled_optimizers{% endif %}
{% endmacro %}
