{% macro as_instant(column) -%}
    {{ return(adapter.dispatch('as_instant')(column)) }}
{%- endmacro %}

{% macro default__as_instant(column) -%}
    {#- Inside, instants are UTC without a zone; readers get them with one, so that no client guesses. -#}
    timezone('UTC', {{ column }})
{%- endmacro %}

{% macro spark__as_instant(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}
