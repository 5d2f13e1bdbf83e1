-- One row per delivered file that the run under way knows: source, name as delivered and content.
-- A load that comes in while the run is computing waits for the next one.
with source as (
    select * from {{ below_state(source('runs', 'loads')) }}
),

runs as (
    select * from {{ below_state(source('runs', 'runs')) }}
),

final as (
    select
        -- key
        load_id,
        source,
        file_name,
        file_sha256,

        -- attributes
        load_no,
        byte_count,
        encoding,
        landed_records,
        loaded_records,
        duplicate_records,
        quarantined_records,
        status,
        refusal_reason,

        -- times
        delivered_on,
        as_of_on as loaded_as_of_on,
        newest_event_on
    from source
    where load_no <= (
        select runs.last_load_no from runs
        where runs.run_no = (select max(newest.run_no) from runs as newest)
    )
)

select * from final
