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


{#- The days with purchases that each window may know, or its last so many of them, how long ago they were, and what a
    purchase then counts for (decayed_millionths). Joining it costs less than working that out, or looking for the
    windows, for each purchase. (Stray days are among them, and have no purchase that is staged.) -#}
{% macro days_of_history(last=none) -%}
select
    windows.window_id,
    known_days.sold_on,
    {{ days_between("known_days.sold_on", "windows.cutoff_on") }} as days_ago
    {%- for span in var("decay_days") %},
    {{ decayed_millionths(days_between("known_days.sold_on", "windows.cutoff_on"), span) }} as decayed_{{ span }}d
    {%- endfor %}
from {{ ref("windows") }} as windows
inner join {{ ref("purchase_days") }} as known_days
    on {{ in_history("known_days.sold_on", "windows", last) }}
{%- endmacro %}


{#- True for a purchase in a window's label, [cutoff_on, label_until). -#}
{% macro in_label(sold_on, window) -%}
    ({{ sold_on }} >= {{ window }}.cutoff_on and {{ sold_on }} < {{ window }}.label_until)
{%- endmacro %}


{#- A column where the day is one of the last `days` of a window's history, else 0. Argument: days_ago, of
    days_of_history. -#}
{% macro of_last(value, days_ago, days) -%}
    case when {{ days_ago }} <= {{ days }} then {{ value }} else 0 end
{%- endmacro %}


{#- True for a purchase not later than the var as_of; always true where it is not set. -#}
{% macro known_as_of(sold_on) -%}
    {% if var("as_of") is none %}true{% else %}{{ sold_on }} <= cast('{{ var("as_of") }}' as date){% endif %}
{%- endmacro %}


{#- A day as a whole number. -#}
{% macro day_number(day) -%}
    {{ days_between("cast('1970-01-01' as date)", day) }}
{%- endmacro %}


{#- The days from history_from until before recent_from are older than any span or score of any window looks back
    (exp(-15) is less than half a millionth), and all windows know them: so they are added up once for all. -#}
{% macro bounds_of_sales() -%}
{% set n_recent_days = ([91, 15 * var("best_seller_days")] + var("popularity_days")) | max -%}
select
    max(history_from) as history_from,
    {{ add_days("min(cutoff_on)", -n_recent_days) }} as recent_from
from {{ ref("windows") }}
{%- endmacro %}


{#- The days with purchases, and the day under which article_days counts them: their own, or for those that are added up
    (bounds_of_sales) the last day that can be. -#}
{% macro periods_of_sales() -%}
select
    known_days.sold_on,
    case
        when known_days.sold_on >= bounds.history_from and known_days.sold_on < bounds.recent_from
            then {{ add_days("bounds.recent_from", -1) }}
        else known_days.sold_on
    end as period
from {{ ref("purchase_days") }} as known_days
cross join ({{ bounds_of_sales() }}) as bounds
{%- endmacro %}
