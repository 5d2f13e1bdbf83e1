-- One row per destination and alert that the CRM refused and has not accepted since.
with outbox as (
    select * from {{ ref('crm_outbox') }}
),

final as (
    select
        destination,
        alert_id,
        told_on,
        tries,
        delivery_status = 'set_aside' as is_set_aside,
        crm_sentence,
        attempt_no
    from outbox
    where
        delivery_status <> 'accepted'
        and tries > 0
)

select * from final
