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


{#- How many sources have an article, from the columns <source>_rank of a relation. -#}
{% macro n_sources(relation) -%}
    {% for source in candidate_sources() %}
        case when {{ relation }}.{{ source }}_rank is not null then 1 else 0 end {{ "+" if not loop.last }}
    {% endfor %}
{%- endmacro %}


{#- True where the candidates keep a source's score besides its rank. -#}
{% macro keeps_score(source) %}{{ return(var("candidate_sources")[source].get("keep_score", false)) }}{% endmacro %}
