{% macro split_to_rows(column, separator=',') -%}
    {{ return(adapter.dispatch('split_to_rows')(column, separator)) }}
{%- endmacro %}

{% macro default__split_to_rows(column, separator) -%}
    unnest(string_to_array({{ column }}, '{{ separator }}'))
{%- endmacro %}

{% macro spark__split_to_rows(column, separator) -%}
    explode(split({{ column }}, '{{ separator }}'))
{%- endmacro %}
