-- One row per version of a call that was logged against a FAQ entry.
with records as (
    select * from {{ below_state(source('faq', 'records')) }}
),

loads as (
    {{ loads_of('faq') }}
),

final as (
    select
        -- key
        records.call_id,
        records.system as other_system,

        -- foreign keys
        records.customer_id,

        -- attributes
        nullif(records.faq_code, '') as faq_code,
        records.question,
        records.is_answered,
        records.agent_team,
        records.language,

        -- times
        records.asked_at,
        records.asked_on,

        -- lineage
        records._record_hash as _content_hash,
        records._file_sha256,
        records._record_no,
        records._load_id,
        loads.load_no as _load_no
    from records
    inner join loads on records._load_id = loads.load_id
)

select * from final
