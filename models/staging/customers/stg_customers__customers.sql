-- One row per customer record and delivery of its file: the same content delivered again counts again,
-- because the latest delivery wins.
with records as (
    select * from {{ below_state(source('customers', 'records')) }}
),

runs as (
    select * from {{ ref('stg_runs__runs') }}
),

-- A delivery has its day, like a record: one that an attempt for a later date took in is not seen yet.
deliveries as (
    select * from {{ ref('stg_runs__loads') }}
    where
        source = 'customers'
        and delivered_on <= (
            select runs.as_of_on from runs
            where runs.run_no = (select max(newest.run_no) from runs as newest)
        )
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
        cast(records.customer_value as decimal(18, 2)) as customer_value,

        -- times
        records.relationship_started_on,
        records.relationship_ended_on,
        deliveries.delivered_on,

        -- lineage
        records._file_sha256,
        records._record_no,
        deliveries.file_name as _file_name,
        records._load_id,
        deliveries.load_no as _load_no
    from records
    inner join deliveries
        on
            records._load_id = deliveries.load_id
            and records._file_sha256 = deliveries.file_sha256
)

select * from final
