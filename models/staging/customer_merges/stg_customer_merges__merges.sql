-- One row per record that merges two customers and delivery of its file, because of two of one day the later
-- delivery wins.
with records as (
    select * from {{ below_state(source('customer_merges', 'records')) }}
),

deliveries as (
    select * from {{ ref('stg_runs__loads') }}
    where source = 'customer_merges'
),

-- Distinct, because a content that one load brings under two names lies there once for each of them.
final as (
    select distinct
        -- key
        records._file_sha256,
        records._record_no,
        records._load_id,

        -- foreign keys
        records.from_customer_id,
        records.to_customer_id,

        -- times
        records.merged_on,
        deliveries.delivered_on,

        -- lineage
        deliveries.file_name as _file_name,
        deliveries.load_no as _load_no
    from records
    inner join deliveries
        on
            records._load_id = deliveries.load_id
            and records._file_sha256 = deliveries.file_sha256
)

select * from final
