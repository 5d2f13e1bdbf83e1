-- One row per former id of a contact, an incident or an alert: what it is called now.
with source as (
    select * from {{ below_state(source('runs', 'aliases')) }}
),

final as (
    select
        -- key
        kind,
        former_id,

        -- attributes
        current_id,
        reason,

        -- times
        since_on
    from source
)

select * from final
