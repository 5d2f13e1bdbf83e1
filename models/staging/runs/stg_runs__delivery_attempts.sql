-- One row per attempt to deliver to a destination.
with source as (
    select * from {{ below_state(source('runs', 'delivery_attempts')) }}
),

final as (
    select
        -- key
        destination,
        attempt_no,

        -- attributes
        kind,
        unit,
        generation_id,
        sent_rows,
        accepted_rows,
        refused_rows,
        unclear_rows,
        error,

        -- times
        as_of_on,
        since_on,
        started_at,
        ended_at
    from source
)

select * from final
