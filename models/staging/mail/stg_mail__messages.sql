-- One row per delivered mail: Message-ID, sender and text tell which mail it is. What an earlier release knew by
-- its Message-ID alone keeps that id, also when it is delivered again.
with records as (
    select * from {{ source('mail', 'records') }}
),

loads as (
    {{ loads_of('mail') }}
),

known_before as (
    select distinct
        mail_id,
        sender_hash,
        sent_at
    from records
    where identity_hash is null
),

final as (
    select
        -- key
        case
            when records.identity_hash is null or known_before.mail_id is not null then records.mail_id
            else records.mail_id || ' ' || records.identity_hash
        end as mail_id,

        -- foreign keys
        records.sender_hash,
        records.in_reply_to,
        records.reference_ids,
        records.mail_id as message_id,

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
    left join known_before
        on
            records.mail_id = known_before.mail_id
            and records.sender_hash is not distinct from known_before.sender_hash
            and records.sent_at = known_before.sent_at
)

select * from final
