-- One row per delivered mail: Message-ID, sender and text tell which mail it is. What an earlier release knew by
-- its Message-ID alone keeps that id, also when it is delivered again and the reader meanwhile reads another date
-- or sender of it.
with records as (
    select * from {{ below_state(source('mail', 'records')) }}
),

loads as (
    {{ loads_of('mail') }}
),

known_before as (
    select
        mail_id,
        sender_hash,
        sent_at,
        md5(coalesce(body_text, '')) as text_hash
    from records
    where identity_hash is null
),

known_by_time as (
    select distinct
        mail_id,
        sent_at
    from known_before
),

-- Without the text a form's mails of one Message-ID, from one customer, would all be its first.
known_by_words as (
    select distinct
        mail_id,
        coalesce(sender_hash, '') as sender_hash,
        text_hash
    from known_before
),

final as (
    select
        -- key
        case
            when records.identity_hash is null then records.mail_id
            when known_by_time.mail_id is not null or known_by_words.mail_id is not null then records.mail_id
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
    left join known_by_time
        on
            records.mail_id = known_by_time.mail_id
            and records.sent_at = known_by_time.sent_at
    left join known_by_words
        on
            records.mail_id = known_by_words.mail_id
            and coalesce(records.sender_hash, '') = known_by_words.sender_hash
            and md5(coalesce(records.body_text, '')) = known_by_words.text_hash
)

select * from final
