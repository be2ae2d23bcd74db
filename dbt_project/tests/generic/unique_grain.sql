{#- Fails for each combination of these columns that stands in more than one row.

    Arguments: columns, the list of columns that a row of the model is one of. -#}
{% test unique_grain(model, columns) %}
select {{ columns | join(", ") }}, count(*) as n_rows
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1
{% endtest %}
