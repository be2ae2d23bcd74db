{#- A text for each var, so that training and readers know what this build was made with. -#}
{% for name in var_rules() %}
select
    '{{ name }}' as var_name,
    '{{ var_json(name) | replace("'", "''") }}' as setting
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
