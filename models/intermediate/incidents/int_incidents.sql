-- One row per incident of a customer whom this run computes again, with its category and what it costs by
-- the table of its date. All incidents stand in fct_incident; nobody reads those to find the day's few.
with touched as (
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

incident_types as (
    select * from {{ ref('incident_types') }}
),

linked as (
    select
        links.incident_id,
        links.link_rule,
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

anchors as (
    select * from linked
    where contact_id = incident_id
),

-- Of tickets that are solved but do not say since when: their versions, the newest first.
versions_of_solved as (
    select
        versions.contact_id,
        versions.status,
        greatest(
            versions.version_at, coalesce(cast(versions.undated_delivered_on as timestamp), versions.version_at)
        ) as version_at,
        row_number() over (
            partition by versions.contact_id
            order by {{ newest_version_first('versions') }}
        ) as recency
    from {{ ref('int_contact_versions') }} as versions
    inner join anchors on versions.contact_id = anchors.contact_id
    cross join {{ ref('int_run') }} as run
    where
        anchors.status in ('solved', 'closed')
        and anchors.solved_at is null
        and versions.visible_on <= run.as_of_on
),

-- Reopening voids what was solved before; deleting and restoring is no reopening.
reopened as (
    select
        contact_id,
        min(recency) as recency
    from versions_of_solved
    where status in ('new', 'open', 'pending', 'hold')
    group by contact_id
),

first_solved as (
    select
        versions_of_solved.contact_id,
        min(versions_of_solved.version_at) as solved_version_at
    from versions_of_solved
    left join reopened on versions_of_solved.contact_id = reopened.contact_id
    where
        versions_of_solved.status in ('solved', 'closed')
        and (reopened.recency is null or versions_of_solved.recency < reopened.recency)
    group by versions_of_solved.contact_id
),

final as (
    select
        -- key
        anchors.incident_id,

        -- foreign keys
        anchors.customer_id,

        -- what it was
        anchors.incident_type,
        coalesce(incident_types.category, 'unclassified') as category,
        {{ penalty_of('incident_types') }} as penalty_points,
        -- Before its anchor was reclassified, by today's table.
        anchors.first_incident_type,
        {{ penalty_of('first_types') }} as first_penalty_points,
        anchors.detection_rule,
        anchors.detection_confidence,
        incident_types.decided_by,
        incident_types.reason as decided_reason,
        spans.contact_count,

        -- state
        coalesce(anchors.status, 'no_ticket') as status,
        case
            when anchors.status in ('solved', 'closed')
                then coalesce(anchors.solved_at, first_solved.solved_version_at)
        end as resolved_at,

        -- times
        spans.first_contact_at as occurred_at,
        spans.occurred_on,

        -- lineage
        anchors._file_sha256,
        anchors._record_no
    from anchors
    inner join spans on anchors.incident_id = spans.incident_id
    left join first_solved on anchors.contact_id = first_solved.contact_id
    left join incident_types
        on
            anchors.incident_type = incident_types.incident_type
            and spans.occurred_on >= incident_types.valid_from
            and (spans.occurred_on < incident_types.valid_to or incident_types.valid_to is null)
    left join incident_types as first_types
        on
            anchors.first_incident_type = first_types.incident_type
            and spans.occurred_on >= first_types.valid_from
            and (spans.occurred_on < first_types.valid_to or first_types.valid_to is null)
)

select * from final
