with customer_days as (

    select * from {{ ref("customer_days") }}

),

window_customers as (

    select * from {{ ref("window_customers") }}

),

history as (

    {{ days_of_history() | indent(4) }}

),

counted as (

    select
        window_customers.window_id,
        customer_days.customer_key,
        count(*) as n_shopping_days,
        {{ whole_sum("case when customer_days.n_lines <= 2 then 1 else 0 end") }} as n_small_baskets,
        {{ whole_sum("customer_days.n_bought") }} as n_bought,
        {{ whole_sum("customer_days.n_bought_online") }} as n_bought_online,
        {{ whole_sum("customer_days.n_bought_of_known_channel") }} as n_bought_of_known_channel,
        sum(customer_days.spend) as spend,
        {% for days in [7, 28, 91] %}
        {{ whole_sum("case when history.days_ago <= " ~ days ~ " then customer_days.n_bought else 0 end") }}
            as n_bought_{{ days }}d,
        {% endfor %}
        {% for span in var("decay_days") %}
        {{ whole_sum("history.decayed_" ~ span ~ "d") }} as decayed_{{ span }}d,
        {% endfor %}
        min(history.days_ago) as days_since_last_bought,
        max(history.days_ago) as days_since_first_bought
    from window_customers
    inner join customer_days on window_customers.customer_key = customer_days.customer_key
    inner join history
        on
            window_customers.window_id = history.window_id
            and customer_days.sold_on = history.sold_on
    group by window_customers.window_id, customer_days.customer_key

)

select
    window_id,
    customer_key,
    cast(n_shopping_days as integer) as n_shopping_days,
    cast(n_bought as integer) as n_bought,
    {% for days in [7, 28, 91] %}
    cast(n_bought_{{ days }}d as integer) as n_bought_{{ days }}d,
    {% endfor %}
    {% for span in var("decay_days") %}
    cast(decayed_{{ span }}d / 1e6 as real) as decayed_{{ span }}d,
    {% endfor %}
    days_since_last_bought,
    days_since_first_bought,
    -- Missing for a customer of one shopping day: nothing is known of their rhythm.
    (days_since_first_bought - days_since_last_bought) * 1.0 / nullif(n_shopping_days - 1, 0) as mean_days_between,
    n_small_baskets * 1.0 / n_shopping_days as small_basket_share,
    cast(spend as double) as spend,
    cast(spend as double) / n_bought as mean_price,
    n_bought_online * 1.0 / nullif(n_bought_of_known_channel, 0) as online_share
from counted
