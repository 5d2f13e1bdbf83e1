{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_id='touched_customers'),
) }}

-- One row per contact that an incident rests on: the record to open when somebody asks "says who?".
with links as (
    select * from {{ ref('int_incident_links') }}
    {% if is_incremental() %}
    where customer_id in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched)
    {% endif %}
),

contacts as (
    select * from {{ ref('int_contacts') }}
),

contracts as (
    select * from {{ ref('stg_runs__contracts') }}
),

files as (
    {{ names_of_loaded_files() }}
),

final as (
    select
        -- key
        links.incident_id,
        links.contact_id,

        -- foreign keys
        links.customer_id,

        -- how it came to be part of the incident
        links.link_rule,
        contacts.customer_rule,
        contacts.incident_type,
        contacts.detection_rule as detected_by,

        -- the record
        contacts.source,
        coalesce(contacts.other_system, contracts.default_system) as system,
        case when contracts.publishes_native_id then contacts.native_id end as native_id,
        files.file_name,
        contacts._file_sha256 as file_sha256,
        contacts._record_no as record_no,

        -- times
        {{ as_instant('contacts.occurred_at') }} as occurred_at
    from links
    inner join contacts on links.contact_id = contacts.contact_id
    left join contracts on contacts.source = contracts.source
    left join files on contacts._file_sha256 = files.file_sha256
)

select * from final
