-- One row per destination and alert, or list, that was sent to it: what became of it.
with source as (
    select * from {{ below_state(source('runs', 'delivery_standing')) }}
),

final as (
    select
        -- key
        destination,
        key as item_key,

        -- attributes
        unit,
        fingerprint,
        standing,
        tries,
        sentence as crm_sentence,
        record_id as crm_record_id,
        attempt_no,

        -- times
        told_on
    from source
)

select * from final
