with purchases as (

    select * from {{ ref("stg_transactions") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

buyers as (

    select * from {{ ref("article_day_buyers") }}

),

sold as (

    select
        purchases.article_key,
        purchases.sold_on,
        {{ whole_sum("purchases.quantity") }} as n_sold,
        {{ whole_sum("case when purchases.is_online then purchases.quantity else 0 end") }} as n_sold_online,
        -- Decimal: a sum of doubles depends on the order in which the threads add them.
        sum(cast(purchases.price * purchases.quantity as decimal(20, 8))) as revenue,
        {{ whole_sum("case when customers.age is not null then purchases.quantity else 0 end") }} as n_sold_of_known_age,
        {{ whole_sum("coalesce(customers.age, 0) * purchases.quantity") }} as sum_of_ages
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    group by purchases.article_key, purchases.sold_on

)

select
    sold.article_key,
    sold.sold_on,
    cast(sold.n_sold as integer) as n_sold,
    buyers.n_buyers,
    buyers.n_returning,
    buyers.days_since_bought_before,
    cast(sold.n_sold_online as integer) as n_sold_online,
    cast(sold.revenue as decimal(28, 8)) as revenue,
    cast(sold.n_sold_of_known_age as integer) as n_sold_of_known_age,
    cast(sold.sum_of_ages as bigint) as sum_of_ages
from sold
inner join buyers on sold.article_key = buyers.article_key and sold.sold_on = buyers.sold_on
-- Each article's days together: what adds them up has the article's sums at hand.
order by sold.article_key, sold.sold_on
