with sold as (

    select * from {{ ref("feat_article_age_band") }}

),

agreement as (

    select * from {{ ref("age_band_agreement") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

age_bands as (

    select distinct age_band from customers

),

overall as (

    select
        window_id,
        article_key,
        sum(n_sold) * 1.0 / sum(sum(n_sold)) over (partition by window_id) as sold_share
    from sold
    group by window_id, article_key

),

-- A band of few customers would rank its best sellers by chance: its counts are mixed with overall sales.
shrunk as (

    select
        overall.window_id,
        age_bands.age_band,
        overall.article_key,
        coalesce(sold.n_sold, 0) as n_sold,
        coalesce(sold.n_sold, 0)
        + least(agreement.n_prior_pieces, {{ var("max_age_band_prior") }}) * overall.sold_share as shrunk_n_sold
    from overall
    inner join agreement on overall.window_id = agreement.window_id
    cross join age_bands
    left join sold
        on
            overall.window_id = sold.window_id
            and overall.article_key = sold.article_key
            and age_bands.age_band = sold.age_band

),

ranked as (

    select
        window_id,
        age_band,
        article_key,
        n_sold,
        shrunk_n_sold,
        row_number() over (partition by window_id, age_band order by shrunk_n_sold desc, article_key asc) as source_rank
    from shrunk

)

select
    window_id,
    age_band,
    article_key,
    n_sold,
    cast(shrunk_n_sold as real) as source_score,
    cast(source_rank as integer) as source_rank
from ranked
where source_rank <= {{ var("n_popular") }}
