with purchases as (

    select * from {{ ref("stg_transactions") }}

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
        purchases.customer_key,
        purchases.article_key,
        sum(purchases.quantity) as n_bought,
        count(*) as n_times,
        {% for span in var("decay_days") %}
        sum(
            {{ decayed_millionths(days_between("purchases.sold_on", "windows.cutoff_on"), span) }}
        ) as decayed_{{ span }}d,
        {% endfor %}
        -- Decimal: a sum of doubles depends on the order in which the threads add them.
        sum(cast(purchases.price * purchases.quantity as decimal(20, 8))) as spend,
        min(purchases.sold_on) as first_bought_on,
        max(purchases.sold_on) as last_bought_on
    from window_customers
    inner join windows on window_customers.window_id = windows.window_id
    inner join purchases
        on
            window_customers.customer_key = purchases.customer_key
            and {{ in_history("purchases.sold_on", "windows") }}
    group by windows.window_id, purchases.customer_key, purchases.article_key

)

select
    counted.window_id,
    counted.customer_key,
    counted.article_key,
    cast(counted.n_bought as integer) as n_bought,
    cast(counted.n_times as integer) as n_times,
    cast(cast(counted.spend as double) / counted.n_bought as real) as mean_price,
    {% for span in var("decay_days") %}
    cast(counted.decayed_{{ span }}d / 1e6 as real) as decayed_{{ span }}d,
    {% endfor %}
    {{ days_between("counted.last_bought_on", "windows.cutoff_on") }} as days_since_last_bought,
    {{ days_between("counted.first_bought_on", "windows.cutoff_on") }} as days_since_first_bought
from counted
inner join windows on counted.window_id = windows.window_id
-- What is counted by customer from here on meets each customer's rows together.
order by counted.window_id, counted.customer_key
