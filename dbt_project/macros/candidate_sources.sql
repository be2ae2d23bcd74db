{#- Sources of candidates, in the order of the var. Each is a model cand_<name> with the columns source_rank and
    source_score, one row per window, article and whom the list is for: the customer, the age band, or everyone. -#}
{% macro candidate_sources(for=none) %}
    {% set found = [] %}
    {% for name, source in var("candidate_sources").items() %}
        {% if for is none or source["for"] == for %}{% do found.append(name) %}{% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#- True for the ranks that a customer's budget has room for: none of a source that the var does not list. -#}
{% macro in_budget(source, source_rank, budget_share) -%}
    {{ source_rank }} <= ceil({{ var("candidate_sources").get(source, {"most": 0})["most"] }} * {{ budget_share }})
{%- endmacro %}


{#- The end of a source for a customer: the ranks of the CTE `ranked` that the budget has room for. -#}
{% macro ranks_in_budget(source) %}
select
    window_id,
    customer_key,
    article_key,
    cast(source_rank as integer) as source_rank,
    cast(source_score as real) as source_score
from ranked
where {{ in_budget(source, "source_rank", "budget_share") }}
{% endmacro %}


{#- A whole number (up to 41 bits) and an article in one number, by which the highest come first and, of two alike, the
    lower article_key: a maximum of numbers takes half the time of a window function
    (docs/decisions/0014-the-first-of-a-list-by-one-number.md). A test holds that article_key fits. -#}
{% macro with_article(number, article_key) -%}
    ({{ number }} << 22) | (4194303 - {{ article_key }})
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


{#- How many sources have an article, from the columns <source>_rank of a relation. -#}
{% macro n_sources(relation) -%}
    {% for source in candidate_sources() %}
        case when {{ relation }}.{{ source }}_rank is not null then 1 else 0 end {{ "+" if not loop.last }}
    {% endfor %}
{%- endmacro %}


{#- True where the candidates keep a source's score besides its rank. -#}
{% macro keeps_score(source) %}{{ return(var("candidate_sources")[source].get("keep_score", false)) }}{% endmacro %}
