{#- Names of the attributes in which a customer can have a taste, in the order of the var. -#}
{% macro taste_attributes() %}{{ return(var("taste_attributes").keys() | list) }}{% endmacro %}


{#- What a missing or blank attribute of an article is called. -#}
{% macro named(column) %}coalesce(nullif(trim({{ column }}), ''), 'Unknown'){% endmacro %}
