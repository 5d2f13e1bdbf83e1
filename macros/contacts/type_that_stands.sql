{% macro type_that_stands(partition, decisions) -%}
    {#- The type by the newest decision from this one back that is not on the category alone; null when it is of none. -#}
    nullif(
            first_value(
                case when decision = 'no_incident' then '' else incident_type end ignore nulls
            ) over (
                partition by {{ partition }}
                order by {{ newest_review_first(decisions) }}
                rows between current row and unbounded following
            ),
            ''
        )
{%- endmacro %}
