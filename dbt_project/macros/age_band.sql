{#- The age band of an age in years: up to the first end, between two ends, beyond the last; missing is a band. -#}
{% macro age_band(age) -%}
    case
        when {{ age }} is null then 'unknown'
        {%- set ends = var("age_band_ends") | sort %}
        {%- for end in ends %}
        when {{ age }} <= {{ end }} then '{{ 0 if loop.first else ends[loop.index0 - 1] + 1 }}-{{ end }}'
        {%- endfor %}
        else '{{ ends[-1] + 1 }} and over'
    end
{%- endmacro %}
