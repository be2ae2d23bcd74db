with weights as (

    select * from {{ ref("article_pair_weights") }}

),

articles as (

    select * from {{ ref("stg_articles") }}

),

-- From 0 in the order of the weights.
places as (

    select
        window_id,
        unnest(article_keys) as article_key,
        unnest(range(len(article_keys))) as place
    from weights

),

entries as (

    select
        window_id,
        len(article_keys) as n_articles,
        unnest(weights) as pair_weight,
        unnest(range(len(weights))) as place
    from weights

),

pairs as (

    select
        entries.window_id,
        bought.article_key,
        as_well.article_key as other_article_key,
        entries.pair_weight
    from entries
    inner join places as bought
        on entries.window_id = bought.window_id and entries.place // entries.n_articles = bought.place
    inner join places as as_well
        on entries.window_id = as_well.window_id and entries.place % entries.n_articles = as_well.place
    where entries.pair_weight > 0

)

select
    pairs.window_id,
    bought.article_id,
    bought.prod_name,
    bought.colour_group as colour,
    as_well.article_id as other_article_id,
    as_well.prod_name as other_prod_name,
    as_well.colour_group as other_colour,
    pairs.pair_weight,
    cast(
        row_number() over (
            partition by pairs.window_id, bought.article_id
            order by pairs.pair_weight desc, pairs.other_article_key asc
        ) as integer
    ) as pair_rank
from pairs
inner join articles as bought on pairs.article_key = bought.article_key
inner join articles as as_well on pairs.other_article_key = as_well.article_key
