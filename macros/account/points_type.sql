{% macro points_type() -%}
    {#- The type of every published number of points. -#}
    decimal(18, 6)
{%- endmacro %}
