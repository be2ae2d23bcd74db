-- A feature never knows of its window's cutoff day or later: the latest purchase it counts is at least a day old.
select
    window_id,
    'feat_customer_activity' as model_name
from {{ ref("feat_customer_activity") }}
where days_since_last_bought < 1

union all

select
    window_id,
    'feat_customer_article' as model_name
from {{ ref("feat_customer_article") }}
where days_since_last_bought < 1

union all

select
    window_id,
    'feat_article_popularity' as model_name
from {{ ref("feat_article_popularity") }}
where days_since_last_sold < 1
