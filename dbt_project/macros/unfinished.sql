{#- What keeps training from a build that did not end well. From when a run of dbt takes on a model or a test until it
    has ended well, it stands in raw.unfinished: a run that fails, or is killed, leaves there what it did not do, and
    whichever run does it takes it off. Where the files or the vars are others than in the run before, all models are to
    be made anew: tables of two inputs do not go together. Tests of a model that is made anew stand in raw.untested until
    they pass: dbt run leaves them there, and training warns. (Of the schema raw the published file has the table build
    alone.) -#}
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
    {% do run_query("create table if not exists raw.made_of (made_of varchar)") %}
    {% do run_query("create table if not exists raw.untested (node varchar)") %}
    {#- A model or test that is no more can't be done any more. -#}
    {% for list in ["unfinished", "untested"] %}
        {% do run_query("delete from raw." ~ list ~ " where node not in (" ~ quoted_list(graph.nodes) ~ ")") %}
    {% endfor %}
    {% set unfinished = taken_on["model"] + taken_on["test"] %}
    {% set files_and_vars = made_of() %}
    {#- A build by an earlier version does not say, and is taken for one of these files and vars. -#}
    {% set before = query_values("select made_of from raw.made_of union all select " ~ quoted(files_and_vars) ~ " from raw.build where not exists (from raw.made_of)") %}
    {% if taken_on["model"] and files_and_vars not in before %}
        {% if before and " " not in before[0] %}
            {% do log("The build that is there is of an earlier version: all models are to be made anew.", info=true) %}
        {% elif before %}
            {% set others = [] %}
            {% for part in files_and_vars.split("\n") if part not in before[0].split("\n") %}{% do others.append(part.split(" ")[0]) %}{% endfor %}
            {% do log("These files or vars differ from those of the build that is there: " ~ others | join(", ") ~ ". All models are to be made anew.", info=true) %}
        {% endif %}
        {% for node in graph.nodes.values() if node.resource_type == "model" and node.config.materialized != "ephemeral" %}
            {% do unfinished.append(node.unique_id) %}
        {% endfor %}
    {% endif %}
    {% set untested = [] %}
    {% for node in graph.nodes.values() if node.resource_type == "test" and node.depends_on.nodes | select("in", taken_on["model"]) | list %}
        {% do untested.append(node.unique_id) %}
    {% endfor %}
    {% do add_nodes("unfinished", unfinished) %}
    {% do add_nodes("untested", untested) %}
    {#- Which build this is: another one whenever a model is made anew. -#}
    {% if taken_on["model"] %}
        {#- Last, as a run may be killed between two of these. -#}
        {% do run_query("create or replace table raw.made_of as select " ~ quoted(files_and_vars) ~ " as made_of") %}
        {% do run_query("create or replace table raw.build as select '" ~ invocation_id ~ "' as build_id") %}
    {% endif %}
    {{ return("") }}
{% endmacro %}


{#- Puts models and tests, each once, on one of the lists. -#}
{% macro add_nodes(list, nodes) %}
    {% do run_query("insert into raw." ~ list ~ " select distinct node from (select unnest([" ~ quoted_list(nodes) ~ "]) as node) where node <> '' and node not in (select node from raw." ~ list ~ ")") %}
{% endmacro %}


{#- The input files and the vars that tables are made by, a line for each: not the limits of warnings. -#}
{% macro made_of() %}
    {% set parts = query_values("select file_name || ' ' || version from raw.input_files order by file_name") %}
    {% for name in var_rules() if not name.endswith("_change") %}{% do parts.append(name ~ " " ~ var_json(name)) %}{% endfor %}
    {{ return(parts | join("\n")) }}
{% endmacro %}


{% macro end_build(results) %}
    {% if not execute or flags.WHICH not in ["build", "run", "test", "retry"] %}{{ return("") }}{% endif %}
    {% set changed = changed_files() %}
    {% set done = [] %}
    {#- A table that was made of no rows (--empty), or of files of which others were read before, is not finished. -#}
    {% for result in results if result.status in ["success", "pass", "warn"] and not flags.EMPTY and not changed %}
        {% do done.append(result.node.unique_id) %}
    {% endfor %}
    {% for list in ["unfinished", "untested"] %}
        {% do run_query("delete from raw." ~ list ~ " where node in (" ~ quoted_list(done) ~ ")") %}
    {% endfor %}
    {#- DuckDB's own advice is of settings that nobody has at hand. -#}
    {% set messages = results | selectattr("status", "equalto", "error") | map(attribute="message") | join(" ") %}
    {% if "Out of Memory Error" in messages %}
        {% do log("There was too little memory: raise HM_MEMORY_LIMIT (" ~ env_var("HM_MEMORY_LIMIT", "6GB") ~ "), or free some space on the disk of HM_OUT_DIR, where what does not fit is put.", info=true) %}
    {% endif %}
    {% if changed %}
        {{ stop(changed | join(" and ") ~ ": changed, or taken away, while dbt ran, so its tables are of two inputs; run dbt build again once the files stay as they are.") }}
    {% endif %}
    {#- A fault of the input ends with status 2 and its sentence at the end, wherever it is found: what stops a model alone
        ends with dbt's 1. -#}
    {% for result in results if result.status == "error" and result.node.name == "rejected_rows" and "max_rejected_share" in (result.message or "") %}
        {% do stop(result.message.split("\n")[1] | trim) %}
    {% endfor %}
    {{ return("") }}
{% endmacro %}


{#- Input files that are no longer what they were when this run looked through them. -#}
{% macro changed_files() %}
    {% set changed = [] %}
    {% for file in run_query("select file_name, path, version from raw.input_files order by file_name").rows %}
        {% if query_values("select count(*) from glob(" ~ quoted(file[1]) ~ ")")[0] == 0 or input_version(file[1], input_columns()[file[0]]) != file[2] %}
            {% do changed.append(file[1]) %}
        {% endif %}
    {% endfor %}
    {{ return(changed) }}
{% endmacro %}


{#- Names as SQL texts, with a last one that is nobody's, since SQL has no empty list. -#}
{% macro quoted_list(names) %}
    {% set texts = [] %}
    {% for name in names %}{% do texts.append(quoted(name)) %}{% endfor %}
    {{ return((texts + ["''"]) | join(", ")) }}
{% endmacro %}
