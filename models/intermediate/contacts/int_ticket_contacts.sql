{{ config(materialized='view') }}
-- One row per version of a ticket, as a contact.
with tickets as (
    select * from {{ ref('stg_tickets__tickets') }}
),

final as (
    select
        -- key
        'tickets' as source,
        other_system,
        ticket_id as native_id,
        cast(null as varchar) as service_team,

        -- foreign keys
        customer_id,
        requester_hash as address_hash,
        cast(null as varchar) as thread_ids,
        merged_into,

        -- what it is about
        cast(null as varchar) as structured_type,
        case when ticket_type in ('question', 'task') then 'ticket_type' end as structured_rule,
        tags,
        cast(null as varchar) as faq_code,
        coalesce(ticket_type, '') in ('incident', 'problem') as is_incident_unless_typed,

        -- its words
        coalesce(subject, '') || chr(10) || coalesce(description, '') as contact_text,
        coalesce(ticket_type, '') not in ('question', 'task') as is_text_decisive,
        true as may_refer_back,

        -- state
        status,
        is_deleted,
        case when satisfaction in ('good', 'bad') then satisfaction end as rating,
        reopens,

        -- times
        created_at as occurred_at,
        created_on as occurred_on,
        updated_at as version_at,
        greatest(created_on, updated_on, coalesce(undated_delivered_on, updated_on)) as visible_on,
        undated_delivered_on,
        undated_file_name,
        solved_at,

        -- lineage
        _content_hash,
        _file_sha256,
        _record_no,
        _load_id,
        _load_no
    from tickets
)

select * from final
