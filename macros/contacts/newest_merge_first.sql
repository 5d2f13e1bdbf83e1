{% macro newest_merge_first(merges) -%}
    {#- The order in which merges of a customer hold: its day, that of the delivery, then file and record. -#}
    {{ merges }}.merged_on desc,
                {{ merges }}.delivered_on desc,
                {{ merges }}._file_name desc,
                {{ merges }}._record_no desc,
                {{ merges }}._load_no desc
{%- endmacro %}
