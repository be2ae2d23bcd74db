{#- ref() without the name of the database: a view then finds its tables in whichever database it stands in,
    so the published file can be attached under any name. -#}
{% macro ref(model_name) %}
    {% do return(builtins.ref(model_name).include(database=false)) %}
{% endmacro %}
