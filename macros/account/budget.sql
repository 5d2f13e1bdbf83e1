{% macro longest_tenure_months() -%}
    {#- A century: longer relationships have the budget of this tenure. Sizes int_tenure_budgets. -#}
    1200
{%- endmacro %}

{% macro tenure_in_month(month_index, started_month_index) -%}
    {#- Whole calendar months since the relationship's start, at least 0; an unknown start counts as 0. -#}
    greatest(0, {{ month_index }} - coalesce({{ started_month_index }}, {{ month_index }}))
{%- endmacro %}

{% macro budget_key(budget_schedule_no, tenure_months) -%}
    {#- One whole number to look a budget up in int_tenure_budgets by month and tenure. -#}
    {{ budget_schedule_no }} * 10000 + least({{ tenure_months }}, {{ longest_tenure_months() }})
{%- endmacro %}
