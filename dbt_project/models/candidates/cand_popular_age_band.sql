with purchases as (

    select * from {{ ref("stg_transactions") }}

),

windows as (

    select * from {{ ref("windows") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

counted as (

    select
        windows.window_id,
        customers.age_band,
        purchases.article_key,
        sum(purchases.quantity) as n_sold
    from windows
    inner join purchases on {{ in_history("purchases.sold_on", "windows", var("best_seller_days")) }}
    inner join customers on purchases.customer_key = customers.customer_key
    group by windows.window_id, customers.age_band, purchases.article_key

),

overall as (

    select
        window_id,
        article_key,
        sum(n_sold) * 1.0 / sum(sum(n_sold)) over (partition by window_id) as sold_share
    from counted
    group by window_id, article_key

),

age_bands as (

    select distinct age_band from customers

),

-- A band's count is shrunk towards the overall shares, as if it had sold so many pieces more in these
-- shares: a band of few customers would otherwise rank its best sellers by chance.
shrunk as (

    select
        overall.window_id,
        age_bands.age_band,
        overall.article_key,
        coalesce(counted.n_sold, 0) as n_sold,
        coalesce(counted.n_sold, 0) + {{ var("age_band_prior") }} * overall.sold_share as shrunk_n_sold
    from overall
    cross join age_bands
    left join counted
        on
            overall.window_id = counted.window_id
            and overall.article_key = counted.article_key
            and age_bands.age_band = counted.age_band

),

ranked as (

    select
        window_id,
        age_band,
        article_key,
        n_sold,
        shrunk_n_sold,
        row_number() over (partition by window_id, age_band order by shrunk_n_sold desc, article_key asc) as popular_rank
    from shrunk

)

select
    window_id,
    age_band,
    article_key,
    cast(n_sold as integer) as n_sold,
    shrunk_n_sold,
    cast(popular_rank as integer) as popular_rank
from ranked
where popular_rank <= {{ var("n_popular") }}
