with customer_days as (

    select * from {{ ref("customer_days") }}

),

windows as (

    select * from {{ ref("windows") }}

),

window_customers as (

    select * from {{ ref("window_customers") }}

),

counted as (

    select
        windows.window_id,
        customer_days.customer_key,
        windows.cutoff_on,
        count(*) as n_shopping_days,
        sum(customer_days.n_bought) as n_bought,
        sum(customer_days.n_bought_online) as n_bought_online,
        sum(customer_days.spend) as spend,
        {% for days in [7, 28, 91] %}
        {{ sum_of_last("customer_days.n_bought", "customer_days.sold_on", "windows", days) }} as n_bought_{{ days }}d,
        {% endfor %}
        {% for span in var("decay_days") %}
        sum(
            {{ decayed_millionths(days_between("customer_days.sold_on", "windows.cutoff_on"), span) }}
        ) as decayed_{{ span }}d,
        {% endfor %}
        min(customer_days.sold_on) as first_bought_on,
        max(customer_days.sold_on) as last_bought_on
    from window_customers
    inner join windows on window_customers.window_id = windows.window_id
    inner join customer_days
        on
            window_customers.customer_key = customer_days.customer_key
            and {{ in_history("customer_days.sold_on", "windows") }}
    group by windows.window_id, customer_days.customer_key, windows.cutoff_on

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
    {{ days_between("last_bought_on", "cutoff_on") }} as days_since_last_bought,
    {{ days_between("first_bought_on", "cutoff_on") }} as days_since_first_bought,
    -- Missing for a customer of one shopping day: nothing is known of their rhythm.
    {{ days_between("first_bought_on", "last_bought_on") }} * 1.0 / nullif(n_shopping_days - 1, 0) as mean_days_between,
    cast(spend as double) as spend,
    cast(spend as double) / n_bought as mean_price,
    n_bought_online * 1.0 / n_bought as online_share
from counted
