{{ config(materialized='view') }}
-- One row per version of a call to the FAQ desk, as a contact.
with calls as (
    select * from {{ ref('stg_faq__calls') }}
),

-- A code equal to a type's code needs no entry.
faq_types as (
    select
        faq_code,
        nullif(nullif(incident_type, ''), 'none') as incident_type,
        coalesce(incident_type, '') = '' as is_left_to_words
    from {{ ref('faq_incident_types') }}
    union all
    select distinct
        incident_type as faq_code,
        incident_type,
        false as is_left_to_words
    from {{ ref('incident_types') }}
    where incident_type not in (select codes.faq_code from {{ ref('faq_incident_types') }} as codes)
),

final as (
    select
        -- key
        'faq' as source,
        calls.other_system,
        calls.call_id as native_id,
        nullif(trim(calls.agent_team), '') as service_team,

        -- foreign keys
        calls.customer_id,
        cast(null as varchar) as address_hash,
        cast(null as varchar) as thread_ids,
        cast(null as varchar) as merged_into,

        -- what it is about
        faq_types.incident_type as structured_type,
        case when faq_types.incident_type is not null then 'faq_code' end as structured_rule,
        cast(null as varchar) as tags,
        calls.faq_code,
        false as is_incident_unless_typed,

        -- its words
        calls.question as contact_text,
        -- A code with an entry but no type leaves it to the words; none, and a code without an entry, is no incident.
        calls.faq_code is null or coalesce(faq_types.is_left_to_words, false) as is_text_decisive,
        true as may_refer_back,

        -- state
        cast(null as varchar) as status,
        false as is_deleted,
        cast(null as varchar) as rating,
        0 as reopens,

        -- times
        calls.asked_at as occurred_at,
        calls.asked_on as occurred_on,
        calls.asked_at as version_at,
        calls.asked_on as visible_on,
        cast(null as date) as undated_delivered_on,
        cast(null as varchar) as undated_file_name,
        cast(null as timestamp) as solved_at,

        -- lineage
        calls._content_hash,
        calls._file_sha256,
        calls._record_no,
        calls._load_id,
        calls._load_no
    from calls
    left join faq_types on calls.faq_code = faq_types.faq_code
)

select * from final
