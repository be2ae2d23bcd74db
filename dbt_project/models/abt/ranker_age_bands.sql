{{ config(materialized="view") }}

with bands as (

    select * from {{ ref("feat_article_age_band") }}

),

articles as (

    select * from {{ ref("feat_article") }}

)

select
    bands.window_id,
    bands.age_band,
    bands.article_key,
    {{ age_band_share() }} as age_band_share
from bands
inner join articles on bands.window_id = articles.window_id and bands.article_key = articles.article_key
