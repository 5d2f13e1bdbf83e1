-- One row per alert that the CRM has acknowledged by the as-of date: what it says last, since which record it says so,
-- and what of it the last published run knew, so that a repeated one touches nobody. A file that was delivered before,
-- under whatever name, is a replay: it counts by its first delivery.
with run as (
    select * from {{ ref('int_run') }}
),

acknowledgements as (
    select
        acknowledgements.*,
        coalesce(
            acknowledgements._load_no <= run.since_load_no
            and acknowledgements.delivered_on <= run.since_as_of_on
            and coalesce(acknowledgements.closed_on <= run.since_as_of_on, true),
            false
        ) as was_known
    from {{ ref('stg_acknowledgements__acknowledgements') }} as acknowledgements
    cross join run
    where
        acknowledgements.delivered_on <= run.as_of_on
        -- What lies ahead of its day has not happened yet.
        and coalesce(acknowledgements.closed_on <= run.as_of_on, true)
),

-- The same twice: as it is now, and as the last published run knew it.
heard as (
    select
        *,
        true as is_today
    from acknowledgements
    union all
    select
        *,
        false as is_today
    from acknowledgements
    where was_known
),

deliveries as (
    select
        *,
        row_number() over (
            partition by is_today, _file_sha256, _record_no
            order by delivered_on, _file_name, _load_no
        ) as delivery_rank
    from heard
),

ranked as (
    select
        *,
        row_number() over (
            partition by is_today, alert_id
            order by {{ newest_acknowledgement_first('deliveries') }}
        ) as recency
    from deliveries
    where delivery_rank = 1
),

-- A CRM that delivers all its alerts every day says the same again and again.
latest as (
    select
        is_today,
        alert_id,
        status,
        outcome,
        closed_at,
        handled_by_role
    from ranked
    where recency = 1
),

others as (
    select
        ranked.is_today,
        ranked.alert_id,
        min(ranked.recency) as recency
    from ranked
    inner join latest on ranked.is_today = latest.is_today and ranked.alert_id = latest.alert_id
    where
        ranked.status <> latest.status
        or ranked.outcome is distinct from latest.outcome
        or ranked.closed_at is distinct from latest.closed_at
    group by ranked.is_today, ranked.alert_id
),

spans as (
    select
        ranked.is_today,
        ranked.alert_id,
        min(ranked.delivered_on) as first_acknowledged_on,
        max(case when ranked.recency < coalesce(others.recency, ranked.recency + 1) then ranked.recency end)
            as since_recency
    from ranked
    left join others on ranked.is_today = others.is_today and ranked.alert_id = others.alert_id
    group by ranked.is_today, ranked.alert_id
),

said as (
    select
        latest.*,
        spans.first_acknowledged_on,
        latest.status = 'closed' and coalesce(latest.outcome = 'well_resolved', false) as is_well_resolved,
        since._file_sha256,
        since._record_no
    from latest
    inner join spans on latest.is_today = spans.is_today and latest.alert_id = spans.alert_id
    inner join ranked as since
        on
            spans.is_today = since.is_today
            and spans.alert_id = since.alert_id
            and spans.since_recency = since.recency
),

final as (
    select
        -- key
        today.alert_id,

        -- what the CRM says
        today.status,
        today.outcome,
        today.is_well_resolved,
        today.handled_by_role,

        -- what it did not say before
        today.is_well_resolved <> coalesce(formerly.is_well_resolved, false)
        or (
            today.is_well_resolved
            and (
                today.closed_at <> formerly.closed_at
                or today._file_sha256 <> formerly._file_sha256
                or today._record_no <> formerly._record_no
            )
        ) as is_resolved_otherwise,

        -- times
        today.closed_at,
        today.first_acknowledged_on,

        -- lineage: the record since which it says so
        today._file_sha256,
        today._record_no
    from said as today
    left join said as formerly on today.alert_id = formerly.alert_id and not formerly.is_today
    where today.is_today
)

select * from final
