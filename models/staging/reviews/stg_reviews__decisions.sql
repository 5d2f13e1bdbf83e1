-- One row per decision of a person on a contact and delivery of its file, because of two decisions of one day the
-- later delivery wins. Under the contact's current id: where it was given another one since the person looked, the
-- decision is still about it.
with records as (
    select * from {{ below_state(source('reviews', 'records')) }}
),

aliases as (
    select * from {{ ref('stg_runs__aliases') }}
    where kind <> 'alert'
),

deliveries as (
    select * from {{ ref('stg_runs__loads') }}
    where source = 'reviews'
),

final as (
    select distinct
        -- key
        records._file_sha256,
        records._record_no,
        records._load_id,

        -- foreign keys
        coalesce(aliases.current_id, records.contact_id) as contact_id,

        -- attributes
        records.decision,
        records.decided_by,
        nullif(records.reason, '') as reason,

        -- times
        records.decided_on,
        deliveries.delivered_on,

        -- lineage
        deliveries.file_name as _file_name,
        deliveries.load_no as _load_no
    from records
    inner join deliveries
        on
            records._load_id = deliveries.load_id
            and records._file_sha256 = deliveries.file_sha256
    left join aliases on records.contact_id = aliases.former_id
)

select * from final
