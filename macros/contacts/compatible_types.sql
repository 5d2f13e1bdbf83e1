{% macro compatible_types(in_window=false) -%}
    {#- One row with the pairs of types that may be told of one incident, "a~b" separated by ",". -#}
    select
            coalesce(
                string_agg(incident_type || '~' || compatible_type, ',' order by incident_type, compatible_type), ''
            ) as pairs
        from {{ ref('incident_type_compatibility') }}
        {%- if in_window %}
        where holds_in = 'window'
        {%- endif %}
{%- endmacro %}
