-- No alert is lost and none is another customer's: each line of the ledger has one of its customer, raised for it or
-- for a contact that is part of it now.
with ledger as (
    select * from {{ checked_customers_of(ref('fct_tolerance_ledger')) }} as checked
),

alerts as (
    select * from {{ ref('fct_alert') }}
)

select
    ledger.customer_id,
    ledger.incident_id
from ledger
left join alerts
    on
        ledger.incident_id = alerts.current_incident_id
        and ledger.customer_id = alerts.customer_id
where alerts.alert_id is null
