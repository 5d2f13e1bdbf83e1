-- One row per acknowledgement of an alert by the CRM and delivery of its file. What is not closed has no end: an
-- outcome or a time that a CRM leaves standing when it opens an alert again says nothing.
with records as (
    select * from {{ below_state(source('acknowledgements', 'records')) }}
),

aliases as (
    select * from {{ ref('stg_runs__aliases') }}
    where kind = 'alert'
),

deliveries as (
    select * from {{ ref('stg_runs__loads') }}
    where source = 'acknowledgements'
),

final as (
    select distinct
        -- key
        records._file_sha256,
        records._record_no,
        records._load_id,

        -- foreign keys
        coalesce(aliases.current_id, records.alert_id) as alert_id,

        -- attributes
        records.status,
        nullif(records.handled_by_role, '') as handled_by_role,
        case when records.status = 'closed' then records.outcome end as outcome,

        -- times
        case when records.status = 'closed' then records.closed_at end as closed_at,
        case when records.status = 'closed' then records.closed_on end as closed_on,
        deliveries.delivered_on,

        -- lineage
        deliveries.file_name as _file_name,
        deliveries.load_no as _load_no
    from records
    inner join deliveries
        on
            records._load_id = deliveries.load_id
            and records._file_sha256 = deliveries.file_sha256
    left join aliases on records.alert_id = aliases.former_id
)

select * from final
