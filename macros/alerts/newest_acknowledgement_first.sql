{% macro newest_acknowledgement_first(acknowledgements) -%}
    {#- The order in which the CRM's acknowledgements count: day of the delivery, then file and record. -#}
    {{ acknowledgements }}.delivered_on desc,
                {{ acknowledgements }}._file_name desc,
                {{ acknowledgements }}._load_no desc,
                {{ acknowledgements }}._record_no desc
{%- endmacro %}
