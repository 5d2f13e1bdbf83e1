-- One row per delivered file: source, name as delivered and content.
with source as (
    select * from {{ source('runs', 'loads') }}
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
        delivered_on
    from source
)

select * from final
