{#- What keeps training from a build that did not end well. From when a run of dbt takes on a model or a test until it
    has ended well, it stands in raw.unfinished: a run that fails, or is killed, leaves there what it did not do, and
    whichever run does it takes it off. (Of the schema raw the published file has the table build alone.) -#}
{% macro begin_build() %}
    {#- dbt docs generate, dbt compile and the like call this too, and build nothing. -#}
    {% if not execute or flags.WHICH not in ["build", "run", "test", "retry"] %}{{ return("") }}{% endif %}
    {% set taken_on = {"model": [], "test": []} %}
    {#- An ephemeral model is a part of those that read it, and never ends by itself. -#}
    {% for node in selected_resources if graph.nodes.get(node, {}).get("config", {}).get("materialized") != "ephemeral" %}
        {% do taken_on.get(node.split(".")[0], []).append(node) %}
    {% endfor %}
    {% do run_query("create table if not exists raw.unfinished (node varchar)") %}
    {% do run_query("create table if not exists raw.build (build_id varchar)") %}
    {#- A model or test that is no more can't be done any more. -#}
    {% do run_query("delete from raw.unfinished where node not in (" ~ quoted_list(graph.nodes) ~ ")") %}
    {% do run_query("insert into raw.unfinished select node from (select unnest([" ~ quoted_list(taken_on["model"] + taken_on["test"]) ~ "]) as node) where node <> ''") %}
    {#- Which build this is: another one whenever a model is made anew. -#}
    {% if taken_on["model"] %}
        {% do run_query("create or replace table raw.build as select '" ~ invocation_id ~ "' as build_id") %}
    {% endif %}
    {{ return("") }}
{% endmacro %}


{% macro end_build(results) %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% set done = [] %}
    {% for result in results if result.status in ["success", "pass", "warn"] %}
        {% do done.append(result.node.unique_id) %}
    {% endfor %}
    {% do run_query("delete from raw.unfinished where node in (" ~ quoted_list(done) ~ ")") %}
    {#- A fault of the input ends with status 2 and its sentence last, wherever it is found: what stops a model alone
        ends with dbt's 1. -#}
    {% for result in results if result.status == "error" and result.node.name == "rejected_rows" and "max_rejected_share" in (result.message or "") %}
        {% do stop(result.message.split("\n")[1] | trim) %}
    {% endfor %}
    {{ return("") }}
{% endmacro %}


{#- Names as SQL texts, with a last one that is nobody's, since SQL has no empty list. -#}
{% macro quoted_list(names) %}
    {% set texts = [] %}
    {% for name in names %}{% do texts.append(quoted(name)) %}{% endfor %}
    {{ return((texts + ["''"]) | join(", ")) }}
{% endmacro %}
