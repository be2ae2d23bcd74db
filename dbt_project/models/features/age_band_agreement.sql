with sold as (

    select * from {{ ref("feat_article_age_band") }}

),

popular as (

    select * from {{ ref("cand_popular_overall") }}
    where source_rank <= {{ var("n_popular") }} and n_sold > 0

),

bands as (

    select
        window_id,
        age_band,
        sum(n_sold) as n_sold_in_band
    from sold
    group by window_id, age_band

),

totals as (

    select
        window_id,
        sum(n_sold_in_band) as n_sold_in_all
    from bands
    group by window_id

),

cells as (

    select
        bands.window_id,
        bands.n_sold_in_band,
        coalesce(sold.n_sold, 0) as n_sold,
        bands.n_sold_in_band * (popular.n_sold * 1.0 / totals.n_sold_in_all) as n_expected
    from bands
    inner join totals on bands.window_id = totals.window_id
    inner join popular on bands.window_id = popular.window_id
    left join sold
        on
            bands.window_id = sold.window_id
            and bands.age_band = sold.age_band
            and popular.article_key = sold.article_key

),

-- Decimal: a sum of doubles depends on the order in which the threads add them.
added_up as (

    select
        window_id,
        sum(n_sold_in_band - 1) as n_pieces,
        sum(cast((n_sold - n_expected) * (n_sold - n_expected) / n_expected - 1 as decimal(24, 8))) as excess
    from cells
    group by window_id

)

select
    window_id,
    case
        when excess > 0 then greatest(n_pieces / cast(excess as double) - 1, 1.0)
        else {{ var("max_age_band_prior") }}
    end as n_prior_pieces
from added_up
