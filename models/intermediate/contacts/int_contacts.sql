{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_id='touched_customers'),
) }}

-- One row per contact of a known customer: its newest version that may be seen on the as-of date.
with run as (
    select * from {{ ref('int_run') }}
),

versions as (
    select contact_versions.*
    from {{ ref('int_contact_versions') }} as contact_versions
    cross join run
    where contact_versions.visible_on <= run.as_of_on
),

classifications as (
    select classifications.*
    from {{ ref('int_text_classifications') }} as classifications
    inner join run on classifications.detector_version = run.detector_version
),

reviews as (
    select * from {{ ref('int_reviews') }}
    where is_current
),

addresses as (
    select * from {{ ref('int_customer_addresses') }}
),

customer_merges as (
    select
        from_customer_id,
        current_customer_id
    from {{ ref('int_customer_merges') }}
    where is_current and current_customer_id is not null
),

{% if is_incremental() %}
touched as (
    select customer_id from {{ ref('int_touched_customers') }}
    union distinct
    -- A contact may name an id that was merged before any record told of it.
    select customer_merges.from_customer_id as customer_id
    from customer_merges
    inner join {{ ref('int_touched_customers') }} as customers on customer_merges.current_customer_id = customers.customer_id
),

touched_addresses as (
    select distinct addresses.address_hash
    from addresses
    inner join touched on addresses.customer_id = touched.customer_id
),

candidates as (
    select versions.contact_id
    from versions
    inner join touched on versions.customer_id = touched.customer_id
    union distinct
    select versions.contact_id
    from versions
    inner join touched_addresses on versions.address_hash = touched_addresses.address_hash
),

{% endif %}
-- The newest is sought among all versions, also those that name somebody who is not touched.
classified as (
    select
        versions.*,
        classifications.ticket_references,
        case when versions.is_text_decisive then classifications.likely_types end as likely_types,
        coalesce(classifications.is_reminder, false) as is_reminder,
        {{ incident_type_of('versions', 'classifications') }} as told_type,
        case
            when versions.structured_rule is not null then versions.structured_rule
            when versions.is_text_decisive and classifications.incident_type is not null then classifications.rule
            when versions.is_incident_unless_typed then 'ticket_type'
            else 'no_incident'
        end as told_by,
        case
            when versions.structured_rule is not null then 1.0
            when versions.is_text_decisive then coalesce(classifications.confidence, 0)
            else 0
        end as told_confidence,
        versions.is_text_decisive
        and classifications.incident_type is null
        and (coalesce(classifications.confidence, 0) > 0 or versions.source = 'tickets') as is_left_open
    from versions
    {% if is_incremental() %}
    inner join candidates on versions.contact_id = candidates.contact_id
    {% endif %}
    left join classifications on versions.text_hash = classifications.text_hash
),

-- What a person decided holds for all versions, and whatever a later detector reads.
decided as (
    select
        classified.*,
        case
            when reviews.is_no_incident then null
            when reviews.contact_id is not null
                then coalesce(reviews.incident_type, classified.told_type, 'other_incident')
            else classified.told_type
        end as incident_type,
        reviews.is_no_incident
        or reviews.incident_type is not null
        or (reviews.category is not null and classified.told_type is null) as is_type_reviewed,
        reviews.contact_id is not null as is_reviewed
    from classified
    left join reviews on classified.contact_id = reviews.contact_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id
            order by {{ newest_version_first('decided') }}
        ) as version_rank,
        -- A row of an event log tells its own time alone: the first one is that of the ticket.
        case
            when undated_file_name is not null then min(occurred_at) over (partition by contact_id)
            else occurred_at
        end as happened_at,
        case
            when undated_file_name is not null then min(occurred_on) over (partition by contact_id)
            else occurred_on
        end as happened_on,
        -- What counted first: of one instant the greater content, as always.
        first_value(told_type) over (
            partition by contact_id
            order by
                version_at asc,
                undated_delivered_on asc,
                undated_file_name asc,
                _content_hash desc,
                _file_sha256 desc,
                _record_no desc
            rows between unbounded preceding and unbounded following
        ) as first_incident_type
    from decided
),

newest as (
    select * from ranked
    where version_rank = 1 and not is_deleted
),

resolved as (
    select
        newest.*,
        customers.customer_id as resolved_customer_id,
        case when newest.customer_id is not null then 'customer_id' else 'address' end as customer_rule
    from newest
    left join {{ ref('int_address_owners') }} as owners on newest.address_hash = owners.address_hash
    left join customer_merges on newest.customer_id = customer_merges.from_customer_id
    inner join {{ ref('int_customers') }} as customers
        on coalesce(customer_merges.current_customer_id, newest.customer_id, owners.customer_id) = customers.customer_id
),

final as (
    select
        -- key
        contact_id,
        source,
        other_system,
        native_id,
        channel,
        journey_stage,

        -- foreign keys
        resolved_customer_id as customer_id,
        customer_rule,
        ticket_references,
        thread_ids,
        merged_into,

        -- what it is about
        incident_type,
        -- It links what words leave without a clear type, and costs nothing.
        case when not is_reviewed then likely_types end as likely_types,
        is_reminder and not is_reviewed as is_reminder,
        first_incident_type,
        case when is_type_reviewed then 'review' else told_by end as detection_rule,
        case when is_type_reviewed then 1.0 else told_confidence end as detection_confidence,
        is_left_open and not is_reviewed as needs_review,
        undecided_codes,

        -- state
        status,

        -- times
        happened_at as occurred_at,
        happened_on as occurred_on,
        solved_at,

        -- lineage
        _file_sha256,
        _record_no
    from resolved
    {% if is_incremental() %}
    where resolved_customer_id in (select touched.customer_id from touched)
    {% endif %}
)

select * from final
