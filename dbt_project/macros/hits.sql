{#- The expression of the average precision that a perfect order of `n_found` of `n_bought` articles reaches. -#}
{% macro perfect_precision(n_found, n_bought) -%}
    least({{ n_found }}, 12) * 1.0 / least({{ n_bought }}, 12)
{%- endmacro %}
