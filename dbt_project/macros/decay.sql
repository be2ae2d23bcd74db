{#- What a purchase of some days ago counts for: exp(-days / span), in millionths and whole, so that a sum does not
    depend on the order in which the threads add. -#}
{% macro decayed_millionths(days, span) -%}
    cast(round(1000000 * exp(-({{ days }}) / {{ span }}.0)) as bigint)
{%- endmacro %}
