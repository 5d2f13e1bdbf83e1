{% macro names_of_loaded_files() -%}
    {#- One name per content: that of the load which brought it first. -#}
    select
        file_sha256,
        min(file_name) as file_name
    from {{ ref('stg_runs__loads') }}
    where status in ('loaded', 'loaded_with_quarantine')
    group by file_sha256
{%- endmacro %}
