{% macro publishable_native_id(source, native_id) -%}
    {#- A mail's Message-ID is its writer's: it may hold an address, so readers get file and record only. -#}
    case when {{ source }} <> 'mail' then {{ native_id }} end
{%- endmacro %}
