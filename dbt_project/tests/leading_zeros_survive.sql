-- Ids go in and out as text: each id of a file is staged letter for letter, or its row is refused.
select articles.article_id as lost_id
from {{ source("hm", "articles") }} as articles
left join {{ ref("stg_articles") }} as staged on articles.article_id = staged.article_id
where staged.article_id is null and {{ is_usable_id("article_id", "articles.article_id") }}

union all

select customers.customer_id as lost_id
from {{ source("hm", "customers") }} as customers
left join {{ ref("stg_customers") }} as staged on customers.customer_id = staged.customer_id
where staged.customer_id is null and {{ is_usable_id("customer_id", "customers.customer_id") }}
