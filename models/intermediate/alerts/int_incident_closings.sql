-- One row per alert that the CRM closed as well resolved and incident of a customer whom this run computes again: when
-- the incident was resolved, by the CRM.
with acknowledgements as (
    select * from {{ ref('int_acknowledgements') }}
    where is_well_resolved
),

links as (
    select * from {{ ref('int_incident_links') }}
    {% if not should_full_refresh() %}
    where customer_id in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched)
    {% endif %}
),

{{ alert_ids_of('links') }},

final as (
    select distinct
        alert_ids.incident_id,
        acknowledgements.alert_id,
        acknowledgements.closed_at,
        acknowledgements._file_sha256,
        acknowledgements._record_no
    from alert_ids
    inner join acknowledgements on alert_ids.alert_id = acknowledgements.alert_id
)

select * from final
