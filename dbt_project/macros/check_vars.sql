{#- Stops the run, before anything is built, at the first var that is not known or can't hold its value. -#}
{% macro check_vars() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% set rules = var_rules() %}
    {% for name in invocation_args_dict.get("vars") or {} %}
        {% if name not in rules %}
            {{ stop("--vars: '" ~ name ~ "' is not a var of this project; known are " ~ rules.keys() | sort | join(", ") ~ ".") }}
        {% endif %}
    {% endfor %}
    {% for name, rule in rules.items() %}
        {% set wanted = broken_rule(var(name), *rule) %}
        {% if wanted %}
            {{ stop("--vars or dbt_project.yml: " ~ name ~ " is " ~ var_json(name) ~ "; set it to " ~ wanted ~ ".") }}
        {% endif %}
    {% endfor %}
    {{ return("") }}
{% endmacro %}


{#- A var's value as JSON. YAML reads an unquoted day as a date, which JSON does not know: it becomes text. -#}
{% macro var_json(name) %}
    {% set value = var(name) %}
    {{ return((value | string if name in ["as_of", "earliest_day"] and value is not none else value) | tojson) }}
{% endmacro %}


{#- What is wanted instead of value, in words, or an empty string when value will do. -#}
{% macro broken_rule(value, kind, least, most=none) %}
    {% if kind == "integer" %}
        {% set good = is_integer(value, least) and (most is none or value <= most) %}
        {{ return("" if good else "a whole number of at least " ~ least ~ ("" if most is none else " and at most " ~ most)) }}
    {% elif kind == "share" %}
        {{ return("" if value is number and value is not boolean and 0 <= value <= 1 else "a number from 0 to 1") }}
    {% elif kind == "number" %}
        {{ return("" if value is number and value is not boolean and value >= least else "a number of at least " ~ least) }}
    {% elif kind == "date" %}
        {{ return("" if value is none or is_date(value) else "a day in the form yyyy-mm-dd") }}
    {% elif kind == "day" %}
        {{ return("" if is_date(value) else "a day in the form yyyy-mm-dd") }}
    {% elif kind == "popularity span" %}
        {{ return("" if value in var("popularity_days") else "one of popularity_days, " ~ var("popularity_days") | join(", ")) }}
    {% elif kind == "popularity spans" %}
        {% set good = not broken_rule(value, "integers", 1) and [1, 3, 7, 28] | reject("in", value) | list | length == 0 %}
        {{ return("" if good else "a list of different whole numbers of at least 1, with 1, 3, 7 and 28 among them") }}
    {% elif kind == "decay span" %}
        {{ return("" if value in var("decay_days") else "one of decay_days, " ~ var("decay_days") | join(", ")) }}
    {% elif kind == "sources" %}
        {% set wanted = "a mapping of source names to {for: customer, age_band or everyone, most: a whole number of at least 1, keep_score: true or false}" %}
        {% if value is not mapping or not value %}{{ return(wanted) }}{% endif %}
        {% for source in value.values() %}
            {% set good = source is mapping and source.get("for") in ["customer", "age_band", "everyone"] and is_integer(source.get("most"), 1) and source.get("keep_score", false) is boolean %}
            {% if not good %}{{ return(wanted) }}{% endif %}
        {% endfor %}
        {% set good = candidate_sources("customer") and candidate_sources("everyone") %}
        {{ return("" if good else "a mapping with at least one source for customer and one for everyone") }}
    {% elif kind == "shares" %}
        {% set names = ["within_30_days", "within_91_days", "longer_ago", "never"] %}
        {% set wanted = "a mapping of " ~ names | join(", ") ~ " to numbers above 0 and up to 1" %}
        {% if value is not mapping or value.keys() | sort != names | sort %}{{ return(wanted) }}{% endif %}
        {% for share in value.values() %}
            {% if share is not number or share is boolean or not 0 < share <= 1 %}{{ return(wanted) }}{% endif %}
        {% endfor %}
        {{ return("") }}
    {% elif kind == "attributes" %}
        {% set needed = ["colour_group", "graphical_appearance", "product_type", "department", "index_group"] %}
        {% set wanted = "a mapping of names to columns of articles.csv, with at least " ~ needed | join(", ") %}
        {% if value is not mapping or needed | reject("in", value) | list %}{{ return(wanted) }}{% endif %}
        {#- Of x there is a column favourite_x_share. -#}
        {% for name in value if not is_attribute_name(name | string) or (name.endswith("_share") and name[:-6] in value) %}
            {{ return("other names than '" ~ name ~ "': small letters, digits and _, no name of another column and no word of SQL") }}
        {% endfor %}
        {{ return("") }}
    {% elif kind == "grains" %}
        {% set known = (var("taste_attributes").keys() | list) + ["product", "article"] %}
        {% set given = purchase_grains() %}
        {% set good = given and given | reject("in", known) | list | length == 0 and given | unique | list | length == given | length %}
        {{ return("" if good else "one or a list of " ~ known | join(", ")) }}
    {% else %}
        {% set wanted = "a list of different whole numbers of at least " ~ least %}
        {% if value is string or value is not sequence or value | length == 0 %}{{ return(wanted) }}{% endif %}
        {% for item in value %}
            {% if not is_integer(item, least) %}{{ return(wanted) }}{% endif %}
        {% endfor %}
        {{ return("" if value | unique | list | length == value | length else wanted) }}
    {% endif %}
{% endmacro %}


{#- True for a name that columns and tables can be made of. Others stand in the same tables, with or without _key. -#}
{% macro is_attribute_name(name) %}
    {% set taken = ["article", "product", "customer", "article_id", "article_key", "product_code", "product_key", "prod_name"] %}
    {% if name in taken or not modules.re.fullmatch("[a-z_][a-z0-9_]*", name) %}{{ return(false) }}{% endif %}
    {{ return(query_values("select count(*) from duckdb_keywords() where keyword_category = 'reserved' and keyword_name = '" ~ name ~ "'")[0] == 0) }}
{% endmacro %}


{% macro is_integer(value, least) %}
    {{ return(value is integer and value is not boolean and value >= least) }}
{% endmacro %}


{% macro is_date(value) %}
    {% if not modules.re.fullmatch("\\d{4}-\\d{2}-\\d{2}", value | string) %}{{ return(false) }}{% endif %}
    {% set parts = (value | string).split("-") | map("int") | list %}
    {% set days_in_month = [31, 29 if parts[0] % 4 == 0 and (parts[0] % 100 != 0 or parts[0] % 400 == 0) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] %}
    {{ return(1 <= parts[1] <= 12 and 1 <= parts[2] <= days_in_month[parts[1] - 1]) }}
{% endmacro %}


{#- The var purchase_grain as a list: one grain may be given without brackets. -#}
{% macro purchase_grains() %}
    {% set given = var("purchase_grain") %}
    {{ return([given] if given is string else (given or []) | list) }}
{% endmacro %}
