with recommendations as (

    select * from {{ ref("recommendations") }}

),

articles as (

    select * from {{ ref("stg_articles") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

favourites as (

    select * from {{ ref("feat_customer_favourites") }}

),

own as (

    select * from {{ ref("feat_customer_article") }}

),

windows as (

    select * from {{ ref("windows") }}

)

select
    recommendations.window_id,
    windows.cutoff_on,
    customers.customer_id,
    recommendations.recommendation_rank,
    articles.article_id,
    articles.prod_name,
    articles.product_type,
    articles.colour_group as colour,
    articles.graphical_appearance as pattern,
    favourites.favourite_colour_group as favourite_colour,
    favourites.second_favourite_colour_group as second_favourite_colour,
    favourites.favourite_graphical_appearance as favourite_pattern,
    coalesce(own.n_times, 0) as n_times_bought,
    own.days_since_last_bought,
    recommendations.system,
    windows.is_submission
from recommendations
inner join windows on recommendations.window_id = windows.window_id
inner join customers on recommendations.customer_key = customers.customer_key
inner join articles on recommendations.article_key = articles.article_key
left join favourites
    on
        recommendations.window_id = favourites.window_id
        and recommendations.customer_key = favourites.customer_key
left join own
    on
        recommendations.window_id = own.window_id
        and recommendations.customer_key = own.customer_key
        and recommendations.article_key = own.article_key
