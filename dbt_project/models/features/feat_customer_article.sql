{{ config(post_hook="{{ insert_other_pieces('window_customers') }}") }}

with purchases as (

    select * from {{ ref("stg_transactions") }}
    where {{ of_piece() }}

),

baskets as (

    select * from {{ ref("customer_days") }}
    where {{ of_piece() }}

),

window_customers as (

    select * from {{ ref("window_customers") }}
    where {{ of_piece() }}

),

history as (

    {{ days_of_history() | indent(4) }}

),

again as (

    select * from {{ ref("bought_again") }}
    where {{ of_piece() }}

),

-- Whole numbers, as a sum of other doubles depends on the order: of spend it is exact up to 90 million of the file's unit.
described as (

    select
        window_customers.window_id,
        purchases.customer_key,
        purchases.article_key,
        purchases.quantity as n_bought,
        {% for span in var("decay_days") %}
        history.decayed_{{ span }}d,
        {% endfor %}
        round(1e6 / baskets.n_lines) as basket_share,
        round(history.decayed_{{ var("own_decay_days") }}d / baskets.n_lines) as decayed_baskets,
        round(1e8 * purchases.price * purchases.quantity) as spend,
        history.days_ago,
        again.customer_key is not null as is_again
    from window_customers
    inner join purchases on window_customers.customer_key = purchases.customer_key
    inner join baskets on purchases.customer_key = baskets.customer_key and purchases.sold_on = baskets.sold_on
    inner join history
        on
            window_customers.window_id = history.window_id
            and purchases.sold_on = history.sold_on
    left join again on purchases.customer_key = again.customer_key and purchases.article_key = again.article_key

),

-- Most articles were bought once, and a group of one row costs as much as any.
counted as (

    select
        window_id,
        customer_key,
        article_key,
        n_bought,
        1 as n_times,
        {% for span in var("decay_days") %}
        decayed_{{ span }}d,
        {% endfor %}
        basket_share,
        decayed_baskets,
        spend,
        days_ago as days_since_last_bought,
        days_ago as days_since_first_bought
    from described
    where not is_again

    union all

    select
        window_id,
        customer_key,
        article_key,
        {{ whole_sum("n_bought") }} as n_bought,
        count(*) as n_times,
        {% for span in var("decay_days") %}
        {{ whole_sum("decayed_" ~ span ~ "d") }} as decayed_{{ span }}d,
        {% endfor %}
        {{ whole_sum("basket_share") }} as basket_share,
        {{ whole_sum("decayed_baskets") }} as decayed_baskets,
        {{ whole_sum("spend") }} as spend,
        min(days_ago) as days_since_last_bought,
        max(days_ago) as days_since_first_bought
    from described
    where is_again
    group by window_id, customer_key, article_key

)

select
    window_id,
    customer_key,
    article_key,
    cast(n_bought as integer) as n_bought,
    cast(n_times as integer) as n_times,
    cast(spend / 1e8 / n_bought as real) as mean_price,
    {% for span in var("decay_days") %}
    cast(decayed_{{ span }}d / 1e6 as real) as decayed_{{ span }}d,
    {% endfor %}
    cast(basket_share / n_times / 1e6 as real) as basket_share,
    cast(decayed_baskets / 1e6 as real) as decayed_baskets,
    days_since_last_bought,
    days_since_first_bought
from counted
-- As in stg_transactions: each customer's rows together.
order by window_id, customer_key
