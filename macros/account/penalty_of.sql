{% macro penalty_of(incident_types) -%}
    {#- The points that an incident costs by its row of the taxonomy; none when it has no row. -#}
    cast(
            case
                when {{ incident_types }}.category = 'cumulative' then {{ incident_types }}.penalty_points
                else 0
            end as {{ points_type() }}
        )
{%- endmacro %}
