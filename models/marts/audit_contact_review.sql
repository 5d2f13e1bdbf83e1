-- One row per contact that waits for a person: nobody known is named, an address is shared, or the
-- text leaves its meaning open. Nothing of it counts until somebody decides or the customer arrives. A contact
-- that names a number of two tickets counts by itself until somebody says which.
with run as (
    select * from {{ ref('int_run') }}
),

contacts as (
    select * from {{ ref('int_contacts') }}
),

-- Calls and mails with a number that two tickets of their customer have: they are linked to neither.
of_two_systems as (
    select contact_id from {{ ref('int_ticket_references') }}
    where ticket_contact_id is null
),

-- Merged tickets whose target nobody knows: they burden no account.
merged_without_target as (
    select contact_id from contacts
    where
        merged_into is not null
        and incident_type is not null
        and contact_id not in (select links.contact_id from {{ ref('int_incident_links') }} as links)
),

-- A spreadsheet made 123 of the customer's key 00123.
without_zeros as (
    select distinct ltrim(customer_id, '0') as customer_id
    from {{ ref('int_customers') }}
    where customer_id like '0%'
),

-- What is unclear by itself but continues an incident is placed with it.
unclear as (
    select contact_id from contacts
    where needs_review and contact_id not in (select links.contact_id from {{ ref('int_incident_links') }} as links)
),

-- These count and wait for nobody; the newest version is sought for all others.
placed as (
    select contact_id from contacts
    where
        contact_id not in (select unclear.contact_id from unclear)
        and contact_id not in (select of_two_systems.contact_id from of_two_systems)
        and contact_id not in (select merged_without_target.contact_id from merged_without_target)
),

ranked as (
    select
        versions.*,
        row_number() over (
            partition by versions.contact_id
            order by {{ newest_version_first('versions') }}
        ) as version_rank
    from {{ ref('int_contact_versions') }} as versions
    cross join run
    where
        versions.visible_on <= run.as_of_on
        and versions.contact_id not in (select placed.contact_id from placed)
),

newest as (
    select * from ranked
    where version_rank = 1 and not is_deleted
),

classifications as (
    select classifications.*
    from {{ ref('int_text_classifications') }} as classifications
    inner join run on classifications.detector_version = run.detector_version
),

decisions as (
    select * from {{ ref('int_reviews') }}
    where is_current
),

customer_merges as (
    select
        from_customer_id,
        current_customer_id
    from {{ ref('int_customer_merges') }}
    where is_current
),

contracts as (
    select * from {{ ref('stg_runs__contracts') }}
),

files as (
    {{ names_of_loaded_files() }}
),

reviewed as (
    select
        newest.*,
        coalesce(decisions.incident_type, {{ incident_type_of('newest', 'classifications') }}) as incident_type,
        case
            when decisions.is_no_incident then null
            when newest.customer_id is not null and known.customer_id is null and zeros.customer_id is not null
                then 'lost_leading_zeros'
            when newest.customer_id is not null and known.customer_id is null then 'unknown_customer_id'
            when newest.customer_id is null and newest.address_hash is null then 'no_customer_named'
            when newest.customer_id is null and owners.owner_count is null then 'unknown_address'
            when newest.customer_id is null and owners.owner_count > 1 then 'shared_address'
            when unclear.contact_id is not null then 'unclear_text'
            when merged_without_target.contact_id is not null then 'merged_without_target'
            when of_two_systems.contact_id is not null then 'number_of_two_systems'
        end as review_reason
    from newest
    left join unclear on newest.contact_id = unclear.contact_id
    left join merged_without_target on newest.contact_id = merged_without_target.contact_id
    left join of_two_systems on newest.contact_id = of_two_systems.contact_id
    left join classifications on newest.text_hash = classifications.text_hash
    left join decisions on newest.contact_id = decisions.contact_id
    left join customer_merges on newest.customer_id = customer_merges.from_customer_id
    left join {{ ref('int_customers') }} as known
        on coalesce(customer_merges.current_customer_id, newest.customer_id) = known.customer_id
    left join without_zeros as zeros on ltrim(newest.customer_id, '0') = zeros.customer_id
    left join {{ ref('int_address_owners') }} as owners on newest.address_hash = owners.address_hash
),

final as (
    select
        reviewed.contact_id,
        reviewed.source,
        coalesce(reviewed.other_system, contracts.default_system) as system,
        case when contracts.publishes_native_id then reviewed.native_id end as native_id,
        reviewed.review_reason,
        reviewed.incident_type,
        reviewed.occurred_on,
        files.file_name,
        reviewed._file_sha256 as file_sha256,
        reviewed._record_no as record_no
    from reviewed
    left join contracts on reviewed.source = contracts.source
    left join files on reviewed._file_sha256 = files.file_sha256
    where reviewed.review_reason is not null
)

select * from final
