{#- Fails for each combination of these columns that stands in more than one row.

    Of a table of customers, or of articles, with more than 200,000 rows, one customer or article in so many is looked
    at that about 200,000 rows are. Arguments: columns, the list of columns that a row of the model is one of. -#}
{% test unique_grain(model, columns) %}
select {{ columns | join(", ") }}, count(*) as n_rows
from {{ model }}
{% set keys = ["customer_key", "article_key"] | select("in", columns) | list %}
{% if keys %}
where {{ keys[0] }} % (select greatest(1, cast(count(*) / 200000 as integer)) from {{ model }}) = 0
{% endif %}
group by {{ columns | join(", ") }}
having count(*) > 1
{% endtest %}
