{#- What a purchase of some days ago counts for: exp(-days / span), in millionths and whole (a double, as whole_sum
    adds them), so that a sum does not depend on the order in which the threads add. -#}
{% macro decayed_millionths(days, span) -%}
    round(1e6 * exp(-({{ days }}) / {{ span }}.0))
{%- endmacro %}
