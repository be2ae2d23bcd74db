{#- True for an id that a list of recommendations can hold: not empty, and, for an article, without white space,
    which separates the articles of submission.csv.

    Arguments: id, article_id or customer_id; expression, what holds it, if not a column of that name. -#}
{% macro is_usable_id(id, expression=none) -%}
    (
        trim(coalesce({{ expression or id }}, '')) <> ''
        {%- if id == "article_id" %}
        and {{ expression or id }} = regexp_replace({{ expression or id }}, '[ \t\r\n]', '')
        {%- endif %}
    )
{%- endmacro %}
