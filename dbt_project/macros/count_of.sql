{#- How many rows of a relation fulfil a condition; 0 while it is not built. -#}
{% macro count_of(relation, condition) %}
    {% if not execute or load_relation(relation) is none %}{{ return(0) }}{% endif %}
    {{ return(query_values("select count(*) from " ~ relation ~ " where " ~ condition)[0]) }}
{% endmacro %}


{#- Rows of a file that were read as rows and refused: what is neither staged nor a refused line. -#}
{% macro n_refused(file, staged) %}
    {% if not execute or load_relation(staged) is none %}{{ return(0) }}{% endif %}
    {{ return(query_values(
        "select (select coalesce(sum(n_rows), 0) from " ~ source("hm", "input_files") ~ " where file_name = '" ~ file ~ "')"
        ~ " - (select count(*) from " ~ source("hm", "refused_lines") ~ " where file_name = '" ~ file ~ "')"
        ~ " - (select count(*) from " ~ staged ~ ")"
    )[0]) }}
{% endmacro %}
