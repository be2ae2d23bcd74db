{#- Fails the model whose hook it is when a file has more refused rows than the var max_rejected_share
    allows: what is built on too few of the rows would look like an answer. -#}
{% macro check_rejected_share() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% set files = run_query(
        "select files.path, count(*), files.n_rows, files.file_name from " ~ source("hm", "input_files") ~ " as files"
        ~ " inner join " ~ this ~ " as refused on files.file_name = refused.file_name"
        ~ " group by all having count(*) > " ~ var("max_rejected_share") ~ " * files.n_rows order by files.file_name"
    ).rows %}
    {% for file in files %}
        {{ stop(file[0] ~ ": " ~ file[1] ~ " of " ~ file[2] ~ " rows are refused, more than max_rejected_share (" ~ var("max_rejected_share") ~ ") allows: " ~ commonest_reasons(this, file[3]) ~ "; mend the file or raise the var.") }}
    {% endfor %}
    {{ return("") }}
{% endmacro %}


{#- Why rows of a file are refused, in words, with an example of each reason.

    Arguments: relation, rejected_rows or another of its form; file. -#}
{% macro commonest_reasons(relation, file) %}
    {% set reasons = run_query(
        "select rejected_because, count(*), min(line_number), to_json(left(arg_min(row_text, line_number), 120)) from " ~ relation
        ~ " where file_name = '" ~ file ~ "' group by 1 order by 2 desc, 1 limit 3"
    ).rows %}
    {% set words = [] %}
    {% for reason in reasons %}
        {% do words.append(reason[0] ~ " (" ~ reason[1] ~ (" row" if reason[1] == 1 else " rows") ~ ", such as line " ~ reason[2] ~ ", " ~ reason[3] ~ ")") %}
    {% endfor %}
    {{ return(words | join(", ")) }}
{% endmacro %}
