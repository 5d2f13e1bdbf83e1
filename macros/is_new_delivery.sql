{% macro is_new_delivery(delivery) -%}
    {#- Taken in, or come to its day, since the last published run. -#}
    (
        {{ delivery }}._load_no > (select run.since_load_no from {{ ref('int_run') }} as run)
        or {{ delivery }}.delivered_on > (select run.since_as_of_on from {{ ref('int_run') }} as run)
    )
{%- endmacro %}
