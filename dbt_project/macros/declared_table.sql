{#- A select of no rows with the given columns (name: type): the body of a table that training fills.
    ref() of what training reads stands beside it in the model, for the lineage. -#}
{% macro declared_table(columns) %}
select
    {%- for name, type in columns.items() %}
    cast(null as {{ type }}) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
where false
{% endmacro %}
