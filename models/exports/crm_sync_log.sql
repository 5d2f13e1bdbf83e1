-- One row per attempt to deliver to a destination, up to this run.
with attempts as (
    select * from {{ ref('stg_runs__delivery_attempts') }}
),

final as (
    select
        destination,
        attempt_no,
        kind,
        unit,
        as_of_on,
        generation_id,
        {{ as_instant('started_at') }} as started_at,
        {{ as_instant('ended_at') }} as ended_at,
        sent_rows,
        accepted_rows,
        refused_rows,
        unclear_rows,
        error
    from attempts
)

select * from final
