{% macro tenure_months(started_on, on_date) -%}
    {{ tenure_in_month(month_index(on_date), month_index(started_on)) }}
{%- endmacro %}
