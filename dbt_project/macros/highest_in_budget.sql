{#- The first few of a customer's articles as the highest of one number: half the time of a window function
    (docs/decisions/0014-the-first-of-a-list-by-one-number.md). -#}

{#- A whole number (41 bits; a higher one counts as the highest of these) and an article in one number, by which the highest
    come first and, of two alike, the lower article_key, which has 22 bits: a test of stg_articles holds that it fits. -#}
{% macro with_article(number, article_key) -%}
    (least({{ number }}, {{ 2 ** 41 - 1 }}) << 22) | (4194303 - {{ article_key }})
{%- endmacro %}


{#- The end of a source for a customer: of the column `number` of the CTE `numbers`, made by with_article, the highest that
    the budget has room for.

    Arguments: source; score, what the source says of an article, from `whole_number`, which with_article was given. -#}
{% macro highest_in_budget(source, score) %}
{%- set most = var("candidate_sources").get(source, {"most": 1})["most"] | int -%}
firsts as (

    select
        window_id,
        customer_key,
        -- DuckDB takes no more.
        max(number, {{ [[most, 1] | max, 999999] | min }}) as numbers
    from numbers
    group by window_id, customer_key

),

highest as (

    select
        window_id,
        customer_key,
        unnest(numbers) as number,
        generate_subscripts(numbers, 1) as source_rank
    from firsts

),

taken_apart as (

    select
        window_id,
        customer_key,
        cast(4194303 - (number & 4194303) as integer) as article_key,
        number >> 22 as whole_number,
        source_rank
    from highest

),

ranked as (

    select
        taken_apart.*,
        {{ score }} as source_score,
        budgets.budget_share
    from taken_apart
    inner join budgets on taken_apart.window_id = budgets.window_id and taken_apart.customer_key = budgets.customer_key

)

{{ ranks_in_budget(source) }}
{%- endmacro %}
