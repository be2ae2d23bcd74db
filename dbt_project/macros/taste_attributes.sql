{#- Names of the attributes in which a customer can have a taste, in the order of the var. -#}
{% macro taste_attributes() %}{{ return(var("taste_attributes").keys() | list) }}{% endmacro %}


{#- An attribute of an article, or Unknown where it is missing. -#}
{% macro named(column) %}case when {{ is_missing(column) }} then 'Unknown' else trim({{ column }}) end{% endmacro %}


{#- One row per article with the value_key of each of its attributes, as <attribute>_key. -#}
{% macro attribute_keys() -%}
select
    article_key
    {%- for attribute in taste_attributes() %},
    max(case when attribute = '{{ attribute }}' then value_key end) as {{ attribute }}_key
    {%- endfor %}
from {{ ref("article_attributes") }}
group by article_key
{%- endmacro %}
