{% macro double_type() -%}
    {#- 64-bit on every engine: dbt's own type_float() is 32 bits on DuckDB and Spark. -#}
    {{ return(adapter.dispatch('double_type')()) }}
{%- endmacro %}

{% macro default__double_type() -%} double precision {%- endmacro %}

{% macro spark__double_type() -%} double {%- endmacro %}
