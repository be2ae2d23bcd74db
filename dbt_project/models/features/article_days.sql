with periods as (

    {{ periods_of_sales() | indent(4) }}

),

purchases as (

    select
        purchases.*,
        periods.period
    from {{ ref("stg_transactions") }} as purchases
    inner join periods on purchases.sold_on = periods.sold_on

),

customers as (

    select * from {{ ref("stg_customers") }}

),

again as (

    select * from {{ ref("bought_again") }}

),

-- What was bought before is looked for where there is something to find.
followed as (

    select
        purchases.article_key,
        purchases.period,
        purchases.sold_on,
        lag(purchases.sold_on) over (
            partition by purchases.customer_key, purchases.article_key order by purchases.sold_on
        ) as bought_before_on
    from purchases
    inner join again on purchases.customer_key = again.customer_key and purchases.article_key = again.article_key

),

returning_buyers as (

    select
        article_key,
        period,
        count(case when bought_before_on = sold_on then 1 end) as n_of_same_day,
        count(case when bought_before_on < sold_on then 1 end) as n_returning,
        {{ whole_sum(days_between("bought_before_on", "sold_on")) }} as days_since_bought_before
    from followed
    where bought_before_on is not null
    group by article_key, period

),

sold as (

    select
        purchases.article_key,
        purchases.period,
        min(purchases.sold_on) as first_sold_on,
        max(purchases.sold_on) as sold_on,
        {{ whole_sum("purchases.quantity") }} as n_sold,
        count(*) as n_lines,
        {{ whole_sum("case when purchases.is_online then purchases.quantity else 0 end") }} as n_sold_online,
        {{ whole_sum("case when purchases.is_online is not null then purchases.quantity else 0 end") }}
            as n_sold_of_known_channel,
        -- Decimal: a sum of doubles depends on the order in which the threads add them.
        sum(cast(purchases.price * purchases.quantity as decimal(28, 8))) as revenue,
        {{ whole_sum("case when customers.age is not null then purchases.quantity else 0 end") }} as n_sold_of_known_age,
        {{ whole_sum("coalesce(customers.age, 0) * purchases.quantity") }} as sum_of_ages
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    group by purchases.article_key, purchases.period

)

select
    sold.article_key,
    sold.sold_on,
    sold.first_sold_on,
    cast(sold.n_sold as integer) as n_sold,
    -- The second line of a day is not another buyer, nor one who comes back.
    cast(sold.n_lines - coalesce(returning_buyers.n_of_same_day, 0) as integer) as n_buyers,
    cast(coalesce(returning_buyers.n_returning, 0) as integer) as n_returning,
    cast(coalesce(returning_buyers.days_since_bought_before, 0) as bigint) as days_since_bought_before,
    cast(sold.n_sold_online as integer) as n_sold_online,
    cast(sold.n_sold_of_known_channel as integer) as n_sold_of_known_channel,
    cast(sold.revenue as decimal(28, 8)) as revenue,
    cast(sold.n_sold_of_known_age as integer) as n_sold_of_known_age,
    cast(sold.sum_of_ages as bigint) as sum_of_ages
from sold
left join returning_buyers on sold.article_key = returning_buyers.article_key and sold.period = returning_buyers.period
-- Each article's days together: what adds them up has the article's sums at hand.
order by sold.article_key, sold.sold_on
