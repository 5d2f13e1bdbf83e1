-- One row per source, name as delivered and content; landed = loaded + duplicate + quarantined.
with loads as (
    select * from {{ ref('stg_runs__loads') }}
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
    from loads
)

select * from final
