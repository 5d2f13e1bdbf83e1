-- One row per step of a run or an ingestion that ever began on this state. A line that a disk damaged tells
-- nothing and is left out: what only watches the runs must not stop one.
with source as (
    select * from {{ below_state(source('runs', 'steps')) }}
),

final as (
    select
        -- key
        as_of_on,
        step_no,

        -- foreign keys
        run_no,

        -- attributes
        step,
        source,
        outcome,
        row_count,
        wall_seconds,
        cpu_seconds,
        peak_mb,

        -- times
        started_at
    from source
    where as_of_on is not null
)

select * from final
