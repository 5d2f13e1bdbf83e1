-- One row per incident of a customer whom this run computes again: its category and what it costs, by the table
-- of its date and by how it was resolved. All incidents stand in fct_incident; nobody reads those to find the
-- day's few.
with run as (
    select * from {{ ref('int_run') }}
),

touched as (
    select * from {{ ref('int_touched_customers') }}
),

contacts as (
    select * from {{ ref('int_contacts') }}
    {% if not should_full_refresh() %}
    where customer_id in (select touched.customer_id from touched)
    {% endif %}
),

links as (
    select * from {{ ref('int_incident_links') }}
),

-- Who says that an incident is resolved: its ticket, and the CRM when it closes the alert.
resolutions as (
    select * from {{ ref('int_ticket_resolutions') }}
),

incident_types as (
    select * from {{ ref('incident_types') }}
),

linked as (
    select
        links.incident_id,
        links.link_rule,
        links.ticket_contact_id,
        contacts.*
    from contacts
    inner join links on contacts.contact_id = links.contact_id
),

spans as (
    select
        incident_id,
        min(occurred_at) as first_contact_at,
        min(occurred_on) as occurred_on,
        count(*) as contact_count
    from linked
    group by incident_id
),

ranked_contacts as (
    select
        incident_id,
        channel,
        journey_stage,
        row_number() over (
            partition by incident_id
            order by occurred_at, source, native_id, contact_id
        ) as contact_rank,
        row_number() over (
            partition by incident_id
            order by case when journey_stage is null then 1 else 0 end, occurred_at, source, native_id, contact_id
        ) as stage_rank
    from linked
),

anchors as (
    select * from linked
    where contact_id = incident_id
),

-- What people decided on the contacts of an incident: the newest decision tells who decided, the newest of those
-- on the category is its category.
reviews as (
    select
        links.incident_id,
        reviews.category,
        reviews.decided_by,
        reviews.reason,
        reviews.decided_on,
        row_number() over (
            partition by links.incident_id
            order by {{ newest_review_first('reviews') }}
        ) as review_rank,
        row_number() over (
            partition by links.incident_id, reviews.category is null
            order by {{ newest_review_first('reviews') }}
        ) as category_rank
    from links
    inner join {{ ref('int_reviews') }} as reviews on links.contact_id = reviews.contact_id
    where reviews.is_current
),

compatible_types as (
    select
        incident_type,
        compatible_type
    from {{ ref('incident_type_compatibility') }}
    union
    select
        compatible_type as incident_type,
        incident_type as compatible_type
    from {{ ref('incident_type_compatibility') }}
),

-- What it was: its ticket's type. Without a ticket what began as late may end as lost: of the types that go with
-- the anchor's, the one that costs most at its date, then the one that was told first.
ranked_types as (
    select
        anchors.incident_id,
        contacts.incident_type,
        contacts.first_incident_type,
        contacts.detection_rule,
        contacts.detection_confidence,
        row_number() over (
            partition by anchors.incident_id
            order by
                {{ penalty_of('incident_types') }} desc,
                case when contacts.incident_type = 'other_incident' then 1 else 0 end,
                contacts.occurred_at,
                contacts.source,
                contacts.native_id
        ) as type_rank
    from anchors
    inner join linked as contacts on anchors.incident_id = contacts.incident_id
    inner join spans on anchors.incident_id = spans.incident_id
    left join compatible_types
        on
            anchors.incident_type = compatible_types.incident_type
            and contacts.incident_type = compatible_types.compatible_type
    left join incident_types
        on
            contacts.incident_type = incident_types.incident_type
            and spans.occurred_on >= incident_types.valid_from
            and (spans.occurred_on < incident_types.valid_to or incident_types.valid_to is null)
    where
        contacts.incident_type is not null
        and (
            contacts.contact_id = anchors.contact_id
            or (
                -- The ticket's type wins, but a ticket whose words leave it open has none to win with.
                (
                    anchors.source <> 'tickets'
                    or (anchors.incident_type = 'other_incident' and anchors.likely_types is not null)
                )
                and (
                    contacts.incident_type = anchors.incident_type
                    -- An unclear contact that another one explains may be the first.
                    or coalesce(anchors.incident_type, 'other_incident') = 'other_incident'
                    or compatible_types.incident_type is not null
                )
            )
        )
),

-- By the table of its date, whatever became of it.
typed as (
    select
        anchors.incident_id,
        anchors.customer_id,
        anchors.ticket_contact_id,
        speakers.incident_type,
        coalesce(incident_types.category, 'unclassified') as type_category,
        {{ penalty_of('incident_types') }} as type_penalty_points,
        -- Before the contact that gives the type was reclassified, by today's table.
        speakers.first_incident_type,
        {{ penalty_of('first_types') }} as first_penalty_points,
        speakers.detection_rule,
        speakers.detection_confidence,
        coalesce(reviews.decided_by, incident_types.decided_by) as decided_by,
        case
            when reviews.incident_id is not null then reviews.reason
            else incident_types.reason
        end as decided_reason,
        coalesce(reviews.decided_on, incident_types.valid_from) as decided_on,
        spans.contact_count,
        spans.first_contact_at as occurred_at,
        spans.occurred_on,
        first_contacts.channel,
        staged_contacts.journey_stage,
        spans.first_contact_at + incident_types.deadline_hours * interval '1 hour' as deadline_at,
        anchors._file_sha256,
        anchors._record_no
    from anchors
    inner join spans on anchors.incident_id = spans.incident_id
    inner join ranked_types as speakers
        on
            anchors.incident_id = speakers.incident_id
            and speakers.type_rank = 1
    inner join ranked_contacts as first_contacts
        on
            anchors.incident_id = first_contacts.incident_id
            and first_contacts.contact_rank = 1
    inner join ranked_contacts as staged_contacts
        on
            anchors.incident_id = staged_contacts.incident_id
            and staged_contacts.stage_rank = 1
    left join incident_types
        on
            speakers.incident_type = incident_types.incident_type
            and spans.occurred_on >= incident_types.valid_from
            and (spans.occurred_on < incident_types.valid_to or incident_types.valid_to is null)
    left join incident_types as first_types
        on
            speakers.first_incident_type = first_types.incident_type
            and spans.occurred_on >= first_types.valid_from
            and (spans.occurred_on < first_types.valid_to or first_types.valid_to is null)
    left join reviews
        on
            anchors.incident_id = reviews.incident_id
            and reviews.review_rank = 1
),

-- The first closing since it happened.
ranked_closings as (
    select
        closings.*,
        row_number() over (
            partition by closings.incident_id
            order by closings.closed_at, closings.alert_id
        ) as closing_rank
    from {{ ref('int_incident_closings') }} as closings
    inner join typed on closings.incident_id = typed.incident_id
    where closings.closed_at >= typed.occurred_at
),

-- What the CRM says counts where it was first to say so, and not against a ticket that was opened again.
answered as (
    select
        typed.incident_id,
        closings.closed_at,
        closings._file_sha256,
        closings._record_no
    from typed
    inner join ranked_closings as closings
        on
            typed.incident_id = closings.incident_id
            and closings.closing_rank = 1
    left join resolutions on typed.ticket_contact_id = resolutions.contact_id
    where
        coalesce(resolutions.reopen_count, 0) = 0
        and (resolutions.resolved_at is null or closings.closed_at < resolutions.resolved_at)
),

-- Only an incident with a ticket can be resolved too late: of others nobody hears but that they are resolved.
resolved as (
    select
        typed.*,
        resolutions.status,
        coalesce(answered.closed_at, resolutions.resolved_at) as resolved_at,
        resolutions.reopen_count,
        resolutions.rating,
        resolutions.reopened_twice_at,
        resolutions.rated_bad_at,
        case when answered.incident_id is not null then answered._file_sha256 else resolutions.solved_file_sha256 end
            as solved_file_sha256,
        case when answered.incident_id is not null then answered._record_no else resolutions.solved_record_no end
            as solved_record_no,
        resolutions.reopened_twice_file_sha256,
        resolutions.reopened_twice_record_no,
        resolutions.rated_bad_file_sha256,
        resolutions.rated_bad_record_no,
        resolutions.contact_id is not null as has_ticket,
        answered.incident_id is not null as is_resolved_by_crm,
        case
            when coalesce(resolutions.contact_id, answered.incident_id) is not null and typed.deadline_at is not null
                then coalesce(coalesce(answered.closed_at, resolutions.resolved_at) <= typed.deadline_at, false)
        end as is_resolved_in_time
    from typed
    left join resolutions on typed.ticket_contact_id = resolutions.contact_id
    left join answered on typed.incident_id = answered.incident_id
),

-- Why a category is another than the type's, since when that is known, and which record says so: a deadline
-- that nobody met needs none.
reasons as (
    select
        incident_id,
        category,
        'review' as reason,
        cast(decided_on as timestamp) as decided_at,
        -- A decision is delivered again and again; audit_decision has its record.
        cast(null as varchar) as file_sha256,
        cast(null as bigint) as record_no
    from reviews
    where category is not null and category_rank = 1
    union all
    select
        incident_id,
        'transient' as category,
        case when is_resolved_by_crm then 'well_resolved' else 'resolved_in_time' end as reason,
        resolved_at as decided_at,
        solved_file_sha256 as file_sha256,
        solved_record_no as record_no
    from resolved
    where
        type_category = 'cumulative'
        and is_resolved_in_time
        and coalesce(reopen_count, 0) = 0
        and rating is distinct from 'bad'
    union all
    select
        resolved.incident_id,
        'cumulative' as category,
        case when resolved.resolved_at is null then 'deadline_passed' else 'resolved_late' end as reason,
        resolved.deadline_at as decided_at,
        case when resolved.resolved_at is not null then resolved.solved_file_sha256 end as file_sha256,
        case when resolved.resolved_at is not null then resolved.solved_record_no end as record_no
    from resolved
    cross join run
    where
        resolved.type_category = 'transient'
        and resolved.has_ticket
        and not resolved.is_resolved_in_time
        and resolved.deadline_at < run.as_of_ends_at
    union all
    select
        incident_id,
        'cumulative' as category,
        'reopened' as reason,
        reopened_twice_at as decided_at,
        reopened_twice_file_sha256 as file_sha256,
        reopened_twice_record_no as record_no
    from resolved
    where type_category = 'transient' and reopen_count >= 2
    union all
    select
        incident_id,
        'cumulative' as category,
        'bad_rating' as reason,
        rated_bad_at as decided_at,
        rated_bad_file_sha256 as file_sha256,
        rated_bad_record_no as record_no
    from resolved
    where type_category = 'transient' and rating = 'bad'
),

-- What a person decided stands; of other reasons the one that was known first.
ranked_reasons as (
    select
        *,
        row_number() over (
            partition by incident_id
            order by case when reason = 'review' then 0 else 1 end, decided_at, reason
        ) as reason_rank
    from reasons
),

final as (
    select
        -- key
        resolved.incident_id,

        -- foreign keys
        resolved.customer_id,

        -- what it was
        resolved.incident_type,
        coalesce(reasons.category, resolved.type_category) as category,
        cast(
            case
                when reasons.category = 'cumulative' then {{ var('standard_penalty_points') }}
                when reasons.category = 'transient' then 0
                else resolved.type_penalty_points
            end as {{ points_type() }}
        ) as penalty_points,
        resolved.type_category,
        resolved.type_penalty_points,
        resolved.first_incident_type,
        resolved.first_penalty_points,
        resolved.detection_rule,
        resolved.detection_confidence,
        resolved.decided_by,
        resolved.decided_reason,
        resolved.decided_on,
        resolved.contact_count,
        resolved.channel,
        resolved.journey_stage,

        -- how it was resolved
        coalesce(resolved.status, 'no_ticket') as status,
        resolved.deadline_at,
        resolved.resolved_at,
        resolved.is_resolved_in_time,
        resolved.reopen_count,
        resolved.rating,

        -- why its category is another than its type's
        reasons.reason as reclassification_reason,
        reasons.decided_at as reclassified_at,
        reasons.file_sha256 as reclassification_file_sha256,
        reasons.record_no as reclassification_record_no,

        -- times
        resolved.occurred_at,
        resolved.occurred_on,

        -- lineage
        resolved._file_sha256,
        resolved._record_no
    from resolved
    left join ranked_reasons as reasons
        on
            resolved.incident_id = reasons.incident_id
            and reasons.reason_rank = 1
            and resolved.type_category <> reasons.category
)

select * from final
