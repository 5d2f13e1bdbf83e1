{% macro alert_ids_of(links) -%}
    {#-
      The ids that an alert of an incident can bear, for a query's `with`: alert_ids, an id for each of its contacts. An alert is called after the contact that anchored its incident when it was raised, whichever that was,
      by the id that the contact had then, and after the customer, perhaps before a merge; by release 0.1.0 after the
      contact alone. So what the CRM answers finds its incident without any record of what was told.
    -#}
    anchors as (
        select
            links.contact_id,
            links.incident_id,
            links.customer_id
        from {{ links }} as links
        union all
        select
            aliases.former_id as contact_id,
            links.incident_id,
            links.customer_id
        from {{ links }} as links
        inner join {{ ref('stg_runs__aliases') }} as aliases on links.contact_id = aliases.current_id
        where aliases.kind in ('contact', 'incident')
    ),

    alert_ids as (
        select
            anchors.incident_id,
            anchors.customer_id,
            {{ alert_id('anchors.contact_id', 'anchors.customer_id') }} as alert_id
        from anchors
        union all
        select
            anchors.incident_id,
            anchors.customer_id,
            {{ alert_id('anchors.contact_id', 'merged.from_customer_id') }} as alert_id
        from anchors
        inner join {{ ref('int_customer_merges') }} as merged on anchors.customer_id = merged.current_customer_id
        where merged.is_current and merged.from_customer_id <> merged.current_customer_id
        union all
        select
            anchors.incident_id,
            anchors.customer_id,
            md5('alert|' || anchors.contact_id) as alert_id
        from anchors
    )
{%- endmacro %}
