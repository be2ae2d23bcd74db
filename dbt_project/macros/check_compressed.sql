{#- How many bytes a file's content has, after checking that it is whole; none where it is not compressed by gzip
    or zstd. content_bytes() is models_py/compressed.py's. -#}
{% macro compressed_bytes(path) %}
    {% if path.endswith(".gz") or path.endswith(".zst") %}
        {% set n_bytes = query_values("select content_bytes(" ~ quoted(path) ~ ")")[0] %}
        {% if n_bytes < 0 %}
            {{ stop(path ~ ": the compressed file is cut off or damaged (" ~ ("gzip" if path.endswith(".gz") else "zstd") ~ " -t tells); compress the whole file again.") }}
        {% endif %}
        {{ return(n_bytes) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{#- Stops where DuckDB read less of a compressed file than it holds, give or take a mark at the begin and a line feed at
    the end. -#}
{% macro check_read_whole(path, n_bytes, n_read) %}
    {% if n_bytes is not none and (n_bytes - n_read) | abs > 4 %}
        {{ stop(path ~ ": of its " ~ n_bytes ~ " bytes " ~ n_read ~ " could be read; compress the whole file again, or leave it uncompressed.") }}
    {% endif %}
{% endmacro %}
