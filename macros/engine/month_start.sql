{% macro month_start(month_index_expression) -%}
    {#- The first day of a month given by its index: the inverse of month_index. -#}
    {{ return(adapter.dispatch('month_start')(month_index_expression)) }}
{%- endmacro %}

{% macro default__month_start(month_index_expression) -%}
    cast(
        date '{{ var('epoch_year') }}-01-01' + ({{ month_index_expression }}) * interval '1 month' as date
    )
{%- endmacro %}

{% macro spark__month_start(month_index_expression) -%}
    add_months(date '{{ var('epoch_year') }}-01-01', cast({{ month_index_expression }} as int))
{%- endmacro %}
