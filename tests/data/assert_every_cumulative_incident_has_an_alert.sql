-- No alert is lost: each line of the ledger has one, raised for it or for a contact that is part of it now.
with ledger as (
    select * from {{ checked_customers_of(ref('fct_tolerance_ledger')) }} as checked
),

alerts as (
    select * from {{ ref('fct_alert') }}
),

links as (
    select * from {{ checked_customers_of(ref('int_incident_links')) }} as checked
),

alerted as (
    select links.incident_id
    from alerts
    inner join links on alerts.incident_id = links.contact_id
)

select
    ledger.customer_id,
    ledger.incident_id
from ledger
where ledger.incident_id not in (select alerted.incident_id from alerted)
