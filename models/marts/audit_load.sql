-- One row per source, name as delivered and content; landed = loaded + duplicate + quarantined.
with loads as (
    select * from {{ ref('stg_runs__loads') }}
),

-- A file that was refused and is read again once it is mapped counts as it was read last.
last_looks as (
    select
        *,
        row_number() over (partition by source, file_name, file_sha256 order by load_no desc) as look_no
    from loads
),

final as (
    select
        load_id,
        source,
        file_sha256,
        file_name,
        byte_count,
        landed_records,
        loaded_records,
        duplicate_records,
        quarantined_records,
        status,
        refusal_reason,
        encoding,
        delivered_on
    from last_looks
    where look_no = 1
)

select * from final
