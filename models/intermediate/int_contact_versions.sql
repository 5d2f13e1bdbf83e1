{{ config(materialized='incremental', incremental_strategy='replace_new_loads', on_schema_change='fail', tags=['python_macro']) }}
-- depends_on: {{ ref('int_run') }}, {{ ref('stg_runs__loads') }}

-- One row per version of a contact: what it is about, whom it names, when it may be seen.
-- Texts are read here once, by detect_incident, and go no further.
{% set new_only -%}
    {% if is_incremental() %}
    -- By the loads' ids: they decide which files are opened, where a number would be asked of every record.
    where _load_id in (
        select load_id from {{ ref('stg_runs__loads') }}
        where load_no > (select since_load_no from {{ ref('int_run') }})
    )
    {% endif %}
{%- endset %}

with calls as (
    select * from {{ ref('stg_faq__calls') }} {{ new_only }}
),

mails as (
    select * from {{ ref('stg_mail__messages') }} {{ new_only }}
),

tickets as (
    select * from {{ ref('stg_tickets__tickets') }} {{ new_only }}
),

types as (
    select
        incident_type,
        min(sort_order) as sort_order
    from {{ ref('incident_types') }}
    group by incident_type
),

faq_types as (
    select
        faq_code,
        nullif(incident_type, '') as incident_type
    from {{ ref('faq_incident_types') }}
    union all
    select
        incident_type as faq_code,
        incident_type
    from types
    where incident_type not in (select faq_code from {{ ref('faq_incident_types') }})
),

ticket_tags as (
    select
        tickets._file_sha256,
        tickets._record_no,
        min(types.sort_order) as sort_order
    from tickets
    inner join types on {{ list_contains_word('tickets.tags', 'types.incident_type') }}
    group by tickets._file_sha256, tickets._record_no
),

call_contacts as (
    select
        'faq' as source,
        calls.call_id as native_id,
        calls.customer_id,
        cast(null as varchar) as address_hash,
        calls.asked_at as occurred_at,
        calls.asked_on as occurred_on,
        calls.asked_at as version_at,
        calls.asked_on as visible_on,
        faq_types.incident_type as structured_type,
        case when faq_types.incident_type is not null then 'faq_code' end as structured_rule,
        calls.faq_code is null
        or (faq_types.faq_code is not null and faq_types.incident_type is null) as is_text_decisive,
        calls.question as text_read,
        false as is_incident_unless_typed,
        cast(null as varchar) as thread_key,
        cast(null as varchar) as status,
        cast(null as timestamp) as solved_at,
        false as is_deleted,
        calls._content_hash,
        calls._file_sha256,
        calls._record_no,
        calls._load_no
    from calls
    left join faq_types on calls.faq_code = faq_types.faq_code
),

mail_contacts as (
    select
        'mail' as source,
        mail_id as native_id,
        cast(null as varchar) as customer_id,
        sender_hash as address_hash,
        sent_at as occurred_at,
        sent_on as occurred_on,
        sent_at as version_at,
        sent_on as visible_on,
        cast(null as varchar) as structured_type,
        case when mail_kind <> 'customer' then 'mail_kind' end as structured_rule,
        mail_kind = 'customer' as is_text_decisive,
        coalesce(subject, '') || chr(10) || coalesce(body_text, '') as text_read,
        false as is_incident_unless_typed,
        coalesce(
            nullif(split_part(reference_ids, ' ', 1), ''),
            nullif(in_reply_to, ''),
            mail_id
        ) as thread_key,
        cast(null as varchar) as status,
        cast(null as timestamp) as solved_at,
        false as is_deleted,
        _content_hash,
        _file_sha256,
        _record_no,
        _load_no
    from mails
),

ticket_contacts as (
    select
        'tickets' as source,
        tickets.ticket_id as native_id,
        tickets.customer_id,
        tickets.requester_hash as address_hash,
        tickets.created_at as occurred_at,
        tickets.created_on as occurred_on,
        tickets.updated_at as version_at,
        greatest(tickets.created_on, tickets.updated_on) as visible_on,
        types.incident_type as structured_type,
        case
            when types.incident_type is not null then 'tag'
            when tickets.ticket_type in ('question', 'task') then 'ticket_type'
        end as structured_rule,
        types.incident_type is null
        and coalesce(tickets.ticket_type, '') not in ('question', 'task') as is_text_decisive,
        coalesce(tickets.subject, '') || chr(10) || coalesce(tickets.description, '') as text_read,
        coalesce(tickets.ticket_type, '') in ('incident', 'problem') as is_incident_unless_typed,
        cast(null as varchar) as thread_key,
        tickets.status,
        tickets.solved_at,
        tickets.is_deleted,
        tickets._content_hash,
        tickets._file_sha256,
        tickets._record_no,
        tickets._load_no
    from tickets
    left join ticket_tags
        on
            tickets._file_sha256 = ticket_tags._file_sha256
            and tickets._record_no = ticket_tags._record_no
    left join types on ticket_tags.sort_order = types.sort_order
),

contacts as (
    select * from call_contacts
    union all
    select * from mail_contacts
    union all
    select * from ticket_contacts
),

read_texts as (
    select
        *,
        case when is_text_decisive then detect_incident(text_read) end as detection,
        case when source <> 'tickets' then ticket_reference(text_read) end as ticket_reference
    from contacts
),

final as (
    select
        -- key
        {{ contact_id('source', 'native_id') }} as contact_id,
        source,
        native_id,

        -- foreign keys
        customer_id,
        address_hash,
        ticket_reference,
        thread_key,

        -- what it is about
        case
            when structured_type is not null then structured_type
            when detection.incident_type is not null then detection.incident_type
            when is_incident_unless_typed then 'other_incident'
        end as incident_type,
        case
            when structured_rule is not null then structured_rule
            when detection.incident_type is not null then detection.rule
            when is_incident_unless_typed then 'ticket_type'
            else 'no_incident'
        end as detection_rule,
        case
            when structured_rule is not null then 1.0
            else coalesce(detection.confidence, 0)
        end as detection_confidence,
        is_text_decisive
        and detection.incident_type is null
        and (detection.confidence > 0 or source = 'tickets') as needs_review,

        -- state
        status,
        is_deleted,

        -- times
        occurred_at,
        occurred_on,
        version_at,
        visible_on,
        solved_at,

        -- lineage
        _content_hash,
        _file_sha256,
        _record_no,
        _load_no
    from read_texts
)

select * from final
