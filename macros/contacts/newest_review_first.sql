{% macro newest_review_first(reviews) -%}
    {#- The order in which decisions on contacts count: day of the decision, of the delivery, then file and record. -#}
    {{ reviews }}.decided_on desc,
                {{ reviews }}.delivered_on desc,
                {{ reviews }}._file_name desc,
                {{ reviews }}._record_no desc,
                {{ reviews }}._load_no desc
{%- endmacro %}
