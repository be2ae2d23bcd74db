{#- How many rows of a relation fulfil a condition; 0 while it is not built. -#}
{% macro count_of(relation, condition) %}
    {% if not execute or load_relation(relation) is none %}{{ return(0) }}{% endif %}
    {{ return(query_values("select count(*) from " ~ relation ~ " where " ~ condition)[0]) }}
{% endmacro %}
