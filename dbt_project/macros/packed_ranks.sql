{#- The ranks of all sources in few whole numbers: a rank takes as many bits as its source's longest list needs, so that
    lists are merged by one `or`, and not by a maximum for each source, and joins carry one column, and not one a source.

    The columns are called ranks_0, ranks_1 and so on; zero is no rank. With them go <source>_score of the sources that
    keep it. -#}

{#- By source: the number of its column, the lowest of its bits, and how many there are. -#}
{% macro places_of_ranks() %}
    {% set places = {} %}
    {% set next = namespace(column=0, bit=0) %}
    {% for source, about in var("candidate_sources").items() %}
        {% set n_bits = (about["most"] | int).bit_length() %}
        {#- The sign's bit stays free. -#}
        {% if next.bit + n_bits > 63 %}
            {% set next.column = next.column + 1 %}
            {% set next.bit = 0 %}
        {% endif %}
        {% do places.update({source: {"column": next.column, "bit": next.bit, "n_bits": n_bits}}) %}
        {% set next.bit = next.bit + n_bits %}
    {% endfor %}
    {{ return(places) }}
{% endmacro %}


{#- Names of these columns. -#}
{% macro packed_columns() %}
    {% set names = [] %}
    {% for place in places_of_ranks().values() if "ranks_" ~ place["column"] not in names %}
        {% do names.append("ranks_" ~ place["column"]) %}
    {% endfor %}
    {% for source in candidate_sources() if keeps_score(source) %}{% do names.append(source ~ "_score") %}{% endfor %}
    {{ return(names) }}
{% endmacro %}


{#- A source's list as these columns. -#}
{% macro packed_list(source, relation) -%}
    {% set place = places_of_ranks()[source] %}
    {%- for name in packed_columns() %}
        {%- if name == "ranks_" ~ place["column"] %}
        cast({{ relation }}.source_rank as bigint) << {{ place["bit"] }}
        {%- elif name.startswith("ranks_") %}
        cast(0 as bigint)
        {%- elif name == source ~ "_score" %}
        cast({{ relation }}.source_score as real)
        {%- else %}
        cast(null as real)
        {%- endif %} as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- These columns of several lists as one. -#}
{% macro merged_lists() -%}
    {%- for name in packed_columns() %}
        {{ "bit_or" if name.startswith("ranks_") else "max" }}({{ name }}) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- A source's rank, null where its list lacks the article. -#}
{% macro unpacked_rank(source, relation) -%}
    {% set place = places_of_ranks()[source] -%}
    cast(
        nullif(({{ relation }}.ranks_{{ place["column"] }} >> {{ place["bit"] }}) & {{ 2 ** place["n_bits"] - 1 }}, 0) as smallint
    )
{%- endmacro %}
