{#- A model in pieces: built for the first customers, and then, by its hook, for so many others at a time. That bounds
    what it takes in memory, and groups that fit into the processor's cache are found faster; rows are the same.

    Such a model has the hook insert_other_pieces, and of_piece() on each relation of customers that it reads. -#}

{#- True for the customers of a piece: number `piece`, from 0. -#}
{% macro of_piece(piece=0) -%}
    {% set size = var("customers_at_once") | int -%}
    customer_key between {{ piece * size }} and {{ (piece + 1) * size - 1 }}
{%- endmacro %}


{#- Adds the other pieces to the model whose hook this is. Arguments: customers, the name of a model that it reads and
    that has every customer_key. -#}
{% macro insert_other_pieces(customers) %}
    {% if execute %}
        {% set last_key = run_query("select max(customer_key) from " ~ ref(customers)).rows[0][0] or 0 %}
        {% for piece in range(1, last_key // (var("customers_at_once") | int) + 1) %}
            {% do insert_again(of_piece(), of_piece(piece)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{#- As of_piece, for a model in which windows meet, not customers: true for the rows of one window, 0 first. Such a model has
    the hook insert_other_windows. -#}
{% macro of_window(window_id=0) %}window_id = {{ window_id }}{% endmacro %}


{#- Adds the other windows to the model whose hook this is. Arguments: rows, the name of a model that it reads and that has
    every window_id. -#}
{% macro insert_other_windows(rows) %}
    {% if execute %}
        {% for window_id in query_values("select distinct window_id from " ~ ref(rows) ~ " where window_id > 0 order by window_id") %}
            {% do insert_again(of_window(), of_window(window_id)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{#- Adds to the model whose hook this is the rows of its own SQL with another condition in the place of the first one, which must
    be there: without it all rows would be added once more. -#}
{% macro insert_again(first, other) %}
    {% if first not in model.compiled_code %}
        {{ stop(model.name ~ ": its hook adds further pieces, but its SQL has no " ~ first ~ "; put of_piece() or of_window() where it reads.") }}
    {% endif %}
    {% call statement("piece") %}
        insert into {{ this }} by name
        {{ model.compiled_code | replace(first, other) }}
    {% endcall %}
{% endmacro %}
