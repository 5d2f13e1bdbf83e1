{{ config(materialized='view') }}
-- One row per version of a mail, as a contact.
with mails as (
    select * from {{ ref('stg_mail__messages') }}
),

final as (
    select
        -- key
        'mail' as source,
        cast(null as varchar) as other_system,
        mail_id as native_id,
        cast(null as varchar) as service_team,

        -- foreign keys
        cast(null as varchar) as customer_id,
        sender_hash as address_hash,
        concat_ws(' ', message_id, nullif(reference_ids, ''), nullif(in_reply_to, '')) as thread_ids,
        cast(null as varchar) as merged_into,

        -- what it is about
        cast(null as varchar) as structured_type,
        case when mail_kind <> 'customer' then 'mail_kind' end as structured_rule,
        cast(null as varchar) as tags,
        cast(null as varchar) as faq_code,
        false as is_incident_unless_typed,

        -- its words
        coalesce(subject, '') || chr(10) || coalesce(body_text, '') as contact_text,
        mail_kind = 'customer' as is_text_decisive,
        true as may_refer_back,

        -- state
        cast(null as varchar) as status,
        false as is_deleted,
        cast(null as varchar) as rating,
        0 as reopens,

        -- times
        sent_at as occurred_at,
        sent_on as occurred_on,
        sent_at as version_at,
        sent_on as visible_on,
        cast(null as date) as undated_delivered_on,
        cast(null as varchar) as undated_file_name,
        cast(null as timestamp) as solved_at,

        -- lineage
        _content_hash,
        _file_sha256,
        _record_no,
        _load_id,
        _load_no
    from mails
)

select * from final
