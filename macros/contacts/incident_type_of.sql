{% macro incident_type_of(versions, classifications) -%}
    {#-
      Structure first, then the words where they decide; a ticket that is called an incident stays one when
      neither says which.
    -#}
    coalesce(
            {{ versions }}.structured_type,
            case when {{ versions }}.is_text_decisive then {{ classifications }}.incident_type end,
            case when {{ versions }}.is_incident_unless_typed then 'other_incident' end
        )
{%- endmacro %}
