-- One row per version of a ticket: a ticket comes again whenever it changes.
with records as (
    select * from {{ below_state(source('tickets', 'records')) }}
),

loads as (
    {{ loads_of('tickets') }}
),

-- A version that does not say when it was written counts by its delivery: day, then file name.
deliveries as (
    select
        load_id,
        file_sha256,
        max(delivered_on) as delivered_on,
        max(file_name) as file_name
    from {{ ref('stg_runs__loads') }}
    where source = 'tickets'
    group by load_id, file_sha256
),

final as (
    select
        -- key
        records.ticket_id,
        records.system as other_system,

        -- foreign keys
        nullif(records.customer_id, '') as customer_id,
        records.requester_hash,

        -- attributes
        records.status,
        records.ticket_type,
        records.priority,
        records.tags,
        records.subject,
        records.description,
        records.satisfaction,
        -- A merged ticket: the number of its target, '' where none is told, null for all others.
        case
            when
                {{ list_contains_word('records.tags', "'closed_by_merge'") }}
                or strpos(',' || records.tags, ',merged_into_') > 0
                then coalesce(regexp_extract(',' || records.tags, ',merged_into_([^,]+)', 1), '')
        end as merged_into,
        coalesce(records.reopens, 0) as reopens,
        coalesce(records.is_deleted, false) as is_deleted,

        -- times
        records.created_at,
        records.created_on,
        coalesce(records.updated_at, records.created_at) as updated_at,
        coalesce(records.updated_on, records.created_on) as updated_on,
        records.solved_at,
        records.solved_on,
        deliveries.delivered_on as undated_delivered_on,
        deliveries.file_name as undated_file_name,

        -- lineage
        {{ content_hash([
            'records.ticket_id',
            'records.customer_id',
            'records.created_at',
            'records.updated_at',
            'records.solved_at',
            'records.status',
            'records.ticket_type',
            'records.priority',
            'records.tags',
            'records.subject',
            'records.description',
            'records.satisfaction',
            'records.reopens',
            'records.is_deleted',
        ]) }} as _content_hash,
        records._file_sha256,
        records._record_no,
        records._load_id,
        loads.load_no as _load_no
    from records
    inner join loads on records._load_id = loads.load_id
    left join deliveries
        on
            records.is_undated
            and records._load_id = deliveries.load_id
            and records._file_sha256 = deliveries.file_sha256
)

select * from final
