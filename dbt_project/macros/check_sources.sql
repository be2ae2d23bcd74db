{#- Stops where a source's lists are not what the var and the other models take them for. Returns the sources for customers
    whose lists go on beyond a customer's share of `most`, and are still to be cut. -#}
{% macro check_sources() %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {#- What lists must have, and must not. -#}
    {% set keys = {"customer": (["customer_key"], []), "age_band": (["age_band"], ["customer_key"]), "everyone": ([], ["customer_key", "age_band"])} %}
    {% set uncut = [] %}
    {% for source, about in var("candidate_sources").items() %}
        {#- None where the model is not there yet (dbt compile), or a unit test's rows are in its place. -#}
        {% set columns = adapter.get_columns_in_relation(ref("cand_" ~ source)) | map(attribute="name") | map("lower") | list %}
        {% set found = ["customer_key", "age_band"] | select("in", columns) | list %}
        {% set wanted, unwanted = keys[about["for"]] %}
        {% if columns and (wanted | reject("in", found) | list or unwanted | select("in", found) | list) %}
            {#- For everyone, those of customers would be mixed. -#}
            {{ stop("candidate_sources: " ~ source ~ " is for " ~ about["for"] ~ ", and cand_" ~ source ~ " has "
                ~ (found | join(" and ") or "neither customer_key nor age_band") ~ "; lists for customers have customer_key, those for age bands age_band, those for everyone neither.") }}
        {% elif columns %}
            {% set sample = some_customers(source) if wanted == ["customer_key"] else "" %}
            {% do check_lists(source, wanted, sample) %}
            {% if sample and not is_cut(source, sample) %}{% do uncut.append(source) %}{% endif %}
        {% endif %}
    {% endfor %}
    {{ return(uncut) }}
{% endmacro %}


{#- Stops where a list's ranks or articles are not different ones, as they would be mixed (packed_ranks.sql), or where it is for
    a customer who is not scored.

    Arguments: source; keys, besides window_id, of a list; sample, of lists for customers, the condition of some_customers. -#}
{% macro check_lists(source, keys, sample) %}
    {% set list = (["window_id"] + keys) | join(", ") %}
    {% set sql %}
        with lists as (from {{ ref("cand_" ~ source) }} {{ sample }})
        select {{ list }}, 'a rank that is no whole number from 1 on' as what
        from lists where not coalesce(source_rank >= 1 and source_rank = floor(source_rank), false)
        union all
        select {{ list }}, 'a rank twice' from lists group by {{ list }}, source_rank having count(*) > 1
        union all
        select {{ list }}, 'an article twice' from lists group by {{ list }}, article_key having count(*) > 1
        {% if sample %}
        union all
        select {{ list }}, 'a customer who is not scored in it'
        from lists
        anti join (from {{ ref("candidate_budgets") }} {{ sample }}) using (window_id, customer_key)
        {% endif %}
        limit 1
    {% endset %}
    {% for row in run_query(sql).rows %}
        {% set where = ["window " ~ row[0]] %}
        {% for key in keys %}{% do where.append(key ~ " " ~ row[loop.index]) %}{% endfor %}
        {{ stop("cand_" ~ source ~ " has, in " ~ where | join(", ") ~ ", " ~ row["what"] ~ "; a list has each rank, from 1, and each article once, and is for customers of window_customers alone.") }}
    {% endfor %}
{% endmacro %}


{#- Whether a source's lists for customers end where a customer's share of `most` does, as far as the sample shows. -#}
{% macro is_cut(source, sample) %}
    {% set beyond %}
        select count(*) from {{ ref("cand_" ~ source) }} as lists
        inner join (from {{ ref("candidate_budgets") }} {{ sample }}) as budgets using (window_id, customer_key)
        where not {{ in_budget(source, "source_rank", "budget_share") }}
    {% endset %}
    {{ return(query_values(beyond)[0] == 0) }}
{% endmacro %}


{#- Of a source's lists for customers those of the first so many customers that about 200,000 rows are looked at. -#}
{% macro some_customers(source) -%}
    {% set n_rows = query_values("select count(*) from " ~ ref("cand_" ~ source))[0] %}
    {% set last_key = query_values("select coalesce(max(customer_key), 0) from " ~ ref("candidate_budgets"))[0] %}
    where customer_key <= {{ last_key if n_rows <= 200000 else last_key * 200000 // n_rows }}
{%- endmacro %}
