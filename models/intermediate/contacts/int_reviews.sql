-- One row per decision that is known on the as-of date, and whether it is the one that counts: of a contact's usable
-- ones the latest, by the day of the decision, then of the delivery, then the file's name and the record. And
-- whether it was that for the last published run, so that a file that is delivered again touches nobody. One on the
-- category leaves the type that was decided before it.
with run as (
    select * from {{ ref('int_run') }}
),

types as (
    select distinct incident_type from {{ ref('incident_types') }}
),

decisions as (
    select
        decisions.*,
        types.incident_type,
        case when decisions.decision in ('transient', 'cumulative') then decisions.decision end as category,
        types.incident_type is not null
        or decisions.decision in ('no_incident', 'transient', 'cumulative') as is_usable,
        decisions._load_no <= run.since_load_no
        and decisions.decided_on <= run.since_as_of_on
        and decisions.delivered_on <= run.since_as_of_on as was_known
    from {{ ref('stg_reviews__decisions') }} as decisions
    cross join run
    left join types on decisions.decision = types.incident_type
    where decisions.decided_on <= run.as_of_on and decisions.delivered_on <= run.as_of_on
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id, is_usable
            order by {{ newest_review_first('decisions') }}
        ) as decision_rank,
        row_number() over (
            partition by contact_id, is_usable, was_known
            order by {{ newest_review_first('decisions') }}
        ) as former_rank
    from decisions
),

-- The type that stands at each decision: of it and those before it, the newest that is not on the category alone.
typed as (
    select
        *,
        {{ type_that_stands('contact_id, is_usable', 'ranked') }} as standing_type,
        {{ type_that_stands('contact_id, is_usable, was_known', 'ranked') }} as former_standing_type,
        row_number() over (
            partition by contact_id, is_usable, category is null
            order by {{ newest_review_first('ranked') }}
        ) as kind_rank
    from ranked
),

final as (
    select
        contact_id,
        decision,
        decision = 'no_incident' as is_no_incident,
        standing_type as incident_type,
        former_standing_type as former_incident_type,
        category,
        is_usable,
        is_usable and decision_rank = 1 as is_current,
        is_usable and (decision_rank = 1 or (kind_rank = 1 and incident_type is not null)) as counts,
        is_usable and coalesce(was_known, false) and former_rank = 1 as was_current,
        decided_by,
        reason,
        decided_on,
        delivered_on,
        _file_name,
        _file_sha256,
        _record_no,
        _load_no
    from typed
)

select * from final
