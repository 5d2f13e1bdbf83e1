-- One row per customer record and delivery of its file: the same content delivered again counts again,
-- because the latest delivery wins.
with records as (
    select * from {{ source('customers', 'records') }}
),

deliveries as (
    select * from {{ ref('stg_runs__loads') }}
    where source = 'customers'
),

-- Distinct, because a content that one load brings under two names lies there once for each of them.
final as (
    select distinct
        -- key
        records.customer_id,

        -- attributes
        records.address_hashes,
        records.phone_hash,
        records.preferred_language,

        -- times
        records.relationship_started_on,
        records.relationship_ended_on,
        deliveries.delivered_on,

        -- lineage
        records._file_sha256,
        records._record_no,
        deliveries.file_name as _file_name,
        deliveries.load_no as _load_no
    from records
    inner join deliveries
        on
            records._load_id = deliveries.load_id
            and records._file_sha256 = deliveries.file_sha256
)

select * from final
