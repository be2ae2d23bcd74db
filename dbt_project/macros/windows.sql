{#- True for a purchase that a window may know: in [history_from, cutoff_on), or, with days, in the last
    `days` days before the cutoff. Every model that reads purchases for a window goes through this.

    Arguments: sold_on, the purchase's day; window, the alias of a row of `windows`; days, a whole number. -#}
{% macro in_history(sold_on, window, days=none) -%}
    (
        {{ sold_on }} < {{ window }}.cutoff_on
        and {{ sold_on }} >= {{ window }}.history_from
        {%- if days is not none %}
        and {{ sold_on }} >= {{ add_days(window ~ ".cutoff_on", -days) }}
        {%- endif %}
    )
{%- endmacro %}


{#- True for a purchase in a window's label, [cutoff_on, label_until). -#}
{% macro in_label(sold_on, window) -%}
    ({{ sold_on }} >= {{ window }}.cutoff_on and {{ sold_on }} < {{ window }}.label_until)
{%- endmacro %}
