-- One row per version of a mail: same Message-ID, other content, other version.
with records as (
    select * from {{ source('mail', 'records') }}
),

loads as (
    {{ loads_of('mail') }}
),

final as (
    select
        -- key
        records.mail_id,

        -- foreign keys
        records.sender_hash,
        records.in_reply_to,
        records.reference_ids,

        -- attributes
        records.subject,
        records.body_text,
        records.mail_kind,

        -- times
        records.sent_at,
        records.sent_on,

        -- lineage
        {{ content_hash([
            'records.mail_id',
            'records.in_reply_to',
            'records.reference_ids',
            'records.sent_at',
            'records.subject',
            'records.body_text',
            'records.mail_kind',
        ]) }} as _content_hash,
        records._file_sha256,
        records._record_no,
        records._load_id,
        loads.load_no as _load_no
    from records
    inner join loads on records._load_id = loads.load_id
)

select * from final
