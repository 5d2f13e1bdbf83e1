{% macro integer_series(first, last, column) -%}
    {#- A subquery with the whole numbers from `first` to `last`, both included, in `column`. -#}
    {{ return(adapter.dispatch('integer_series')(first, last, column)) }}
{%- endmacro %}

{% macro default__integer_series(first, last, column) -%}
    select cast(series.{{ column }} as integer) as {{ column }}
    from generate_series({{ first }}, {{ last }}) as series ({{ column }})
{%- endmacro %}

{% macro spark__integer_series(first, last, column) -%}
    select cast(id as integer) as {{ column }}
    from range({{ first }}, {{ last }} + 1)
{%- endmacro %}
