with purchases as (

    select
        purchases.*,
        again.customer_key is not null as is_again
    from {{ ref("stg_transactions") }} as purchases
    left join {{ ref("bought_again") }} as again
        on purchases.customer_key = again.customer_key and purchases.article_key = again.article_key

),

customers as (

    select * from {{ ref("stg_customers") }}

),

-- What was bought before is looked for where there is something to find.
followed as (

    select
        *,
        lag(sold_on) over (partition by customer_key, article_key order by sold_on) as bought_before_on
    from purchases
    where is_again

    union all

    select
        *,
        cast(null as date) as bought_before_on
    from purchases
    where not is_again

),

sold as (

    select
        followed.article_key,
        followed.sold_on,
        {{ whole_sum("followed.quantity") }} as n_sold,
        -- The second piece of a day is not another buyer, nor one who comes back.
        count(*) - count(case when followed.bought_before_on = followed.sold_on then 1 end) as n_buyers,
        count(case when followed.bought_before_on < followed.sold_on then 1 end) as n_returning,
        {{ whole_sum(days_between("followed.bought_before_on", "followed.sold_on")) }} as days_since_bought_before,
        {{ whole_sum("case when followed.is_online then followed.quantity else 0 end") }} as n_sold_online,
        -- Decimal: a sum of doubles depends on the order in which the threads add them.
        sum(cast(followed.price * followed.quantity as decimal(20, 8))) as revenue,
        {{ whole_sum("case when customers.age is not null then followed.quantity else 0 end") }} as n_sold_of_known_age,
        {{ whole_sum("coalesce(customers.age, 0) * followed.quantity") }} as sum_of_ages
    from followed
    inner join customers on followed.customer_key = customers.customer_key
    group by followed.article_key, followed.sold_on

)

select
    article_key,
    sold_on,
    cast(n_sold as integer) as n_sold,
    cast(n_buyers as integer) as n_buyers,
    cast(n_returning as integer) as n_returning,
    cast(coalesce(days_since_bought_before, 0) as bigint) as days_since_bought_before,
    cast(n_sold_online as integer) as n_sold_online,
    cast(revenue as decimal(28, 8)) as revenue,
    cast(n_sold_of_known_age as integer) as n_sold_of_known_age,
    cast(sum_of_ages as bigint) as sum_of_ages
from sold
-- Each article's days together: what adds them up has the article's sums at hand.
order by article_key, sold_on
