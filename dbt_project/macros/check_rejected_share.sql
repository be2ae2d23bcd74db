{#- Fails the model whose hook it is when a file has more refused rows than the var max_rejected_share
    allows: what is built on too few of the rows would look like an answer. -#}
{% macro check_rejected_share() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% for file in input_columns() %}
        {% set counts = run_query(
            "select (select count(*) from " ~ source("hm", file) ~ "), "
            ~ "(select count(*) from " ~ this ~ " where file_name = '" ~ file ~ "')"
        ).rows[0] %}
        {% if counts[1] > var("max_rejected_share") * counts[0] %}
            {% set reasons = run_query(
                "select rejected_because, count(*), min(row_text) from " ~ this ~ " where file_name = '" ~ file
                ~ "' group by 1 order by 2 desc, 1 limit 3"
            ).rows %}
            {% set words = [] %}
            {% for reason in reasons %}
                {% do words.append(reason[0] ~ " (" ~ reason[1] ~ " rows, such as " ~ reason[2] | truncate(120) | tojson ~ ")") %}
            {% endfor %}
            {{ stop(file ~ ": " ~ counts[1] ~ " of " ~ counts[0] ~ " rows are refused, more than max_rejected_share (" ~ var("max_rejected_share") ~ ") allows: " ~ words | join(", ") ~ "; mend the file or raise the var.") }}
        {% endif %}
    {% endfor %}
    {{ return("") }}
{% endmacro %}
