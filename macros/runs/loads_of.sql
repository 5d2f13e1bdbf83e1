{% macro loads_of(source) -%}
    {#- A raw folder counts only with its load record: what a killed run left has none. -#}
    select distinct
        load_id,
        load_no
    from {{ ref('stg_runs__loads') }}
    where source = '{{ source }}'
{%- endmacro %}
