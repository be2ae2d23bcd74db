{#- The used columns of a purchase in one text, by which its lines are found again; its separator occurs in no file
    that people write.

    Arguments: price, the column that holds the price's text. -#}
{% macro purchase_text(price="price") -%}
    {{ row_text(["t_dat", "customer_id", "article_id", price, "sales_channel_id"], "chr(31)") }}
{%- endmacro %}
