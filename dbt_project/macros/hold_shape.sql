{#- A contract for a model whose columns follow from vars, which dbt's own can't hold: the post-hook of the model fails
    it, and so all that is built on it, when a column is missing, one too many, or of another type.

    The columns that are wanted are those with a data_type beside the model, and in its config, under meta:
    shape, by the name of a var, columns for each of its values, which stands for {}; kept_scores, the type of the scores
    that sources keep; and other_columns: number, where any number of others may be there that hold numbers. -#}
{% macro hold_shape() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% set meta = config.get("meta") or {} %}
    {% set wanted = {} %}
    {% for name, column in model.columns.items() if column.data_type %}
        {% do wanted.update({name: column.data_type}) %}
    {% endfor %}
    {% for var_name, columns in meta.get("shape", {}).items() %}
        {% for value in var(var_name) %}
            {% for name, type in columns.items() %}
                {% do wanted.update({name.replace("{}", value | string): type}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% for source in candidate_sources() if meta.get("kept_scores") and keeps_score(source) %}
        {% do wanted.update({source ~ "_score": meta["kept_scores"]}) %}
    {% endfor %}
    {% set found = {} %}
    {#- As dbt's own contracts find them. -#}
    {% for column in adapter.get_column_schema_from_query("select * from " ~ this) %}
        {% do found.update({column.name: column.dtype | lower}) %}
    {% endfor %}
    {% set wrong = [] %}
    {% for name, type in wanted.items() if found.get(name) != type_name(type) %}
        {% do wrong.append(name ~ " is " ~ found.get(name, "missing") ~ " and should be " ~ type) %}
    {% endfor %}
    {% for name, type in found.items() if name not in wanted %}
        {% if meta.get("other_columns") != "number" %}
            {% do wrong.append(name ~ " should not be there") %}
        {% elif type not in ["smallint", "integer", "bigint", "float", "double"] %}
            {% do wrong.append(name ~ " is " ~ type ~ " and should be a number") %}
        {% endif %}
    {% endfor %}
    {% if wrong %}
        {{ stop(model.name ~ ": " ~ wrong | join("; ") ~ " (the columns are declared in " ~ model.patch_path.split("://")[1] ~ ").") }}
    {% endif %}
    {{ return("") }}
{% endmacro %}


{#- What the engine calls a type. -#}
{% macro type_name(type) %}{{ return("float" if type == "real" else type) }}{% endmacro %}
