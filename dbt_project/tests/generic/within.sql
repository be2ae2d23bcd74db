{#- Fails for each value that is not null and lies outside [least, most]. -#}
{% test within(model, column_name, least, most) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < {{ least }} or {{ column_name }} > {{ most }}
{% endtest %}
