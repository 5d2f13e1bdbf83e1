{% macro alert_id(incident_id, customer_id) -%}
    {#- The same incident of the same customer is the same alert, after every repetition and every rebuild. -#}
    md5('alert|' || {{ incident_id }} || '|' || {{ customer_id }})
{%- endmacro %}
