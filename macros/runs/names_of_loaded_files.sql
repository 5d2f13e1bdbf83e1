{% macro names_of_loaded_files() -%}
    {#- One name per content: the first of those under which it came, so that no order of loading decides. -#}
    select
        file_sha256,
        min(file_name) as file_name
    from {{ ref('stg_runs__loads') }}
    where status in ('loaded', 'loaded_with_quarantine')
    group by file_sha256
{%- endmacro %}
