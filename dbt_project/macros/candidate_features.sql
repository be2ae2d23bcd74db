{#- What is known of each pair of a customer and an article in `pairs`, as it was known on the window's cutoff.

    Arguments: pairs, the name of a relation with window_id, customer_key, article_key and packed_columns();
    is_labelled, whether it has is_bought and bought_share as well; is_whole, whether what scoring looks up by the customer
    and one thing more (decision 0012) is among it.

    Shares are multiplied by 1e0, a double: by 1.0, a decimal, they would be converted twice. -#}
{% macro candidate_features(pairs, is_labelled=false, is_whole=true) %}
{#- Most rows of these tables are of window 0, which has no label, and of customers who teach nothing. -#}
{% set of_windows = "where window_id > 0" if is_labelled else "" %}
{% set of_customers = "where (window_id, customer_key) in (select window_id, customer_key from labelled_customers)" if is_labelled else "" %}
with pairs as (

    select * from {{ pairs }}

),
{% if is_labelled %}

labelled_customers as (

    select distinct
        window_id,
        customer_key
    from pairs

),
{% endif %}

customers as (

    select * from {{ ref("stg_customers") }}

),

activity as (

    select * from {{ ref("feat_customer_activity") }}
    {{ of_customers }}

),

articles as (

    select * from {{ ref("feat_article") }}
    {{ of_windows }}

),

keys as (

    select
        window_id,
        article_key,
        {% for attribute in taste_attributes() if is_whole %}
        {{ attribute }}_key,
        {% endfor %}
        product_key
    from {{ ref("feat_article") }}
    {{ of_windows }}

),

own as (

    select * from {{ ref("feat_customer_article") }}
    {{ of_customers }}

),

products as (

    select * from {{ ref("feat_customer_product") }}
    {{ of_customers }}

)
{% if is_whole %}
,

partners as (

    select * from {{ ref("feat_customer_pair") }}
    {{ of_customers }}

),

bands as (

    select * from {{ ref("feat_article_age_band") }}
    {{ of_windows }}

)
{% for attribute in taste_attributes() %}
,

taste_{{ attribute }} as (

    select * from {{ ref("feat_customer_taste") }}
    {{ of_customers }} {{ "and" if of_customers else "where" }} attribute = '{{ attribute }}'

)
{% endfor %}
{% endif %}

select
    pairs.window_id,
    pairs.customer_key,
    pairs.article_key,
    {% if is_labelled %}
    pairs.is_bought,
    pairs.bought_share,
    {% endif %}
    {% for source in candidate_sources() %}
    {{ unpacked_rank(source, "pairs") }} as {{ source }}_rank,
    {% if keeps_score(source) %}
    pairs.{{ source }}_score,
    {% endif %}
    {% endfor %}
    -- The customer's own purchases of the article. Decayed counts, and the same against those of shopping days.
    own.n_bought as own_n_bought,
    own.n_times as own_n_times,
    {% for span in var("decay_days") %}
    own.decayed_{{ span }}d as own_decayed_{{ span }}d,
    own.decayed_{{ span }}d / nullif(activity.decayed_{{ span }}d, 0) as own_share_{{ span }}d,
    {% endfor %}
    own.n_times * 1e0 / activity.n_shopping_days as own_share,
    -- What the article was of the days' purchases: one that is bought alone is worth more to the metric.
    own.basket_share as own_basket_share,
    own.decayed_baskets / nullif(activity.decayed_{{ var("own_decay_days") }}d, 0) as own_decayed_basket_share,
    own.days_since_last_bought as own_days_since_last,
    own.days_since_first_bought as own_days_since_first,
    (own.days_since_first_bought - own.days_since_last_bought) * 1e0 / nullif(own.n_times - 1, 0) as own_days_between,
    own.days_since_last_bought * (own.n_times - 1e0)
    / nullif(own.days_since_first_bought - own.days_since_last_bought, 0) as own_cycles_since_last,
    own.days_since_last_bought / nullif(articles.mean_days_to_return, 0) as article_cycles_since_last,
    own.days_since_last_bought / nullif(activity.mean_days_between, 0) as shopping_cycles_since_last,
    articles.mean_price_7d / nullif(own.mean_price, 0) as price_now_to_own,
    -- Of the product, whichever the variant.
    products.decayed_{{ var("own_decay_days") }}d / nullif(activity.decayed_{{ var("own_decay_days") }}d, 0) as product_share,
    products.days_since_last_bought as product_days_since_last,
    coalesce(own.n_bought, 0) * 1e0 / products.n_bought as share_of_product,
    {% if is_whole %}
    -- The customer's taste for what the article is.
    {% for attribute in taste_attributes() %}
    {{ taste_share("taste_" ~ attribute) }} as taste_{{ attribute }},
    {% endfor %}
    taste_department.days_since_last_bought as department_days_since_last,
    -- How it goes with what the customer bought.
    partners.pair_sum,
    partners.pair_max,
    partners.pair_days_since,
    {% endif %}
    -- The article.
    {% for name, expression in article_features().items() %}
    {{ expression }} as {{ name }},
    {% endfor %}
    -- The article against the customer.
    articles.mean_price / nullif(activity.mean_price, 0) as price_to_customers,
    abs(articles.mean_buyer_age - customers.age) as age_from_buyers,
    {% if is_whole %}
    {{ age_band_share() }} as age_band_share,
    {% endif %}
    abs(articles.online_share - activity.online_share) as channel_distance,
    -- The customer.
    {% for name, expression in customer_features().items() %}
    {{ expression }} as {{ name }}{{ "" if loop.last else "," }}
    {% endfor %}
-- What brings few columns comes first: a join copies all that was joined before it, and may hash it (decision 0011).
from pairs
inner join keys on pairs.window_id = keys.window_id and pairs.article_key = keys.article_key
{% if is_whole %}
{% for attribute in taste_attributes() %}
left join taste_{{ attribute }}
    on
        pairs.window_id = taste_{{ attribute }}.window_id
        and pairs.customer_key = taste_{{ attribute }}.customer_key
        and keys.{{ attribute }}_key = taste_{{ attribute }}.value_key
{% endfor %}
left join partners
    on
        pairs.window_id = partners.window_id
        and pairs.customer_key = partners.customer_key
        and pairs.article_key = partners.article_key
{% endif %}
left join products
    on
        pairs.window_id = products.window_id
        and pairs.customer_key = products.customer_key
        and keys.product_key = products.product_key
inner join customers on pairs.customer_key = customers.customer_key
{% if is_whole %}
left join bands
    on
        pairs.window_id = bands.window_id
        and customers.age_band = bands.age_band
        and pairs.article_key = bands.article_key
{% endif %}
left join own
    on
        pairs.window_id = own.window_id
        and pairs.customer_key = own.customer_key
        and pairs.article_key = own.article_key
left join activity on pairs.window_id = activity.window_id and pairs.customer_key = activity.customer_key
inner join articles on pairs.window_id = articles.window_id and pairs.article_key = articles.article_key
{% endmacro %}
