-- One row per alert that this date's run raised, listed, or whose status, customer or contacts it changed: kept as a
-- file, so that what was known and told then is never computed again.
with run as (
    select * from {{ ref('int_run') }}
),

alerts as (
    select
        {{ alert_columns() }},
        current_incident_id,
        retraction_reason,
        status
    from {{ ref('fct_alert') }}
),

touched as (
    select * from {{ ref('int_touched_customers') }}
),

-- What may have changed since: the incidents of the customers whom this run computes again.
contacts as (
    select
        incident_id,
        string_agg(contact_id, ',' order by contact_id) as contact_ids
    from {{ ref('int_incident_links') }}
    where
        customer_id in (select touched.customer_id from touched)
        and incident_id in (select alerts.current_incident_id from alerts)
    group by incident_id
),

incidents as (
    select
        incident_id,
        resolved_at is not null as is_solved
    from {{ ref('fct_incident') }}
    where
        customer_id in (select touched.customer_id from touched)
        and incident_id in (select alerts.current_incident_id from alerts)
),

history as (
    select * from {{ ref('stg_runs__alert_history') }}
),

ranked as (
    select
        history.alert_id,
        history.customer_id,
        history.contact_ids,
        history.is_solved,
        history.status,
        history.is_listed,
        row_number() over (
            partition by history.alert_id
            order by history.told_on desc
        ) as recency,
        row_number() over (
            partition by history.alert_id, history.is_listed
            order by history.told_on desc
        ) as recency_on_lists
    from history
    cross join run
    where history.told_on < run.as_of_on
),

-- Before this date: what was kept last, and what the CRM was told last.
before as (
    select
        alert_id,
        max(case when recency = 1 then status end) as kept_status,
        max(case when recency = 1 then contact_ids end) as kept_contact_ids,
        bool_or(case when recency = 1 then is_solved end) as kept_is_solved,
        bool_or(case when is_listed and recency_on_lists = 1 then is_solved end) as listed_is_solved,
        max(case when is_listed and recency_on_lists = 1 then status end) as listed_status,
        max(case when is_listed and recency_on_lists = 1 then customer_id end) as listed_customer_id
    from ranked
    group by alert_id
),

-- What an earlier run of this date has kept or put on its list stands there for good.
todays as (
    select
        history.alert_id,
        history.is_listed
    from history
    inner join run on history.told_on = run.as_of_on
),

compared as (
    select
        alerts.*,
        coalesce(contacts.contact_ids, before.kept_contact_ids) as contact_ids,
        coalesce(incidents.is_solved, before.kept_is_solved) as is_solved,
        before.listed_is_solved <> coalesce(incidents.is_solved, before.kept_is_solved) as is_solved_otherwise,
        before.listed_customer_id <> alerts.customer_id as is_merged,
        before.kept_status,
        before.kept_contact_ids,
        before.kept_is_solved,
        before.listed_status,
        todays.alert_id is not null as is_kept_today,
        coalesce(todays.is_listed, false)
        or (alerts.status = 'open' and coalesce(before.listed_status, 'untold') <> 'open')
        -- The customer was merged into another one: whom to call. Its ticket is solved, or is so no more.
        or (alerts.status = 'open' and before.listed_customer_id <> alerts.customer_id)
        or (
            alerts.status = 'open'
            and before.listed_is_solved <> coalesce(incidents.is_solved, before.kept_is_solved)
        )
        or (
            alerts.status in ('retracted', 'closed')
            and coalesce(before.listed_status, alerts.status) <> alerts.status
        ) as is_listed
    from alerts
    left join contacts on alerts.current_incident_id = contacts.incident_id
    left join incidents on alerts.current_incident_id = incidents.incident_id
    left join before on alerts.alert_id = before.alert_id
    left join todays on alerts.alert_id = todays.alert_id
),

final as (
    select
        {{ alert_columns() }},
        compared.status,
        run.as_of_on as told_on,
        compared.is_listed,
        case
            when not compared.is_listed or compared.status = 'closed' then null
            when compared.status = 'retracted' then compared.retraction_reason
            when compared.listed_status = 'retracted' then 'reopened'
            when compared.is_merged then 'customer_merged'
            when compared.is_solved_otherwise and compared.is_solved then 'resolved'
            when compared.listed_status is not null then 'reopened'
            when compared.kept_status = 'held_by_cap' then 'released'
            else 'new'
        end as change_reason,
        compared.contact_ids,
        compared.is_solved
    from compared
    cross join run
    where
        compared.is_listed
        or compared.is_kept_today
        or compared.kept_status is null
        or compared.kept_status <> compared.status
        or compared.contact_ids is distinct from compared.kept_contact_ids
        or compared.is_solved is distinct from compared.kept_is_solved
)

select * from final
