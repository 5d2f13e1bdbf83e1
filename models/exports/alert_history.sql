{{ config(tags=['duckdb_only']) }}

-- One row per alert that this date's run raised, listed, or whose status, contacts or solution it changed: kept as a
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
        history.contact_ids,
        history.is_solved,
        history.is_listed
    from history
    inner join run on history.told_on = run.as_of_on
),

-- The first row that tells an alert says for whom: later ones name the customer of their day.
raised as (
    select
        alert_id,
        max(case when told_on = raised_on then coalesce(raised_for, customer_id) end) as raised_for
    from history
    group by alert_id
),

-- Whom this run does not touch stands as it was kept.
known_today as (
    select
        alerts.*,
        coalesce(raised.raised_for, alerts.customer_id) as raised_for,
        coalesce(contacts.contact_ids, todays.contact_ids, before.kept_contact_ids) as contact_ids,
        coalesce(incidents.is_solved, todays.is_solved, before.kept_is_solved) as is_solved,
        before.kept_status,
        before.kept_contact_ids,
        before.kept_is_solved,
        before.listed_status,
        -- A release that did not tell whether it was solved kept it without a word: nothing is news then.
        coalesce(before.listed_is_solved, before.kept_is_solved) as listed_is_solved,
        before.listed_customer_id,
        todays.alert_id is not null as is_kept_today,
        coalesce(todays.is_listed, false) as is_listed_today
    from alerts
    left join contacts on alerts.current_incident_id = contacts.incident_id
    left join incidents on alerts.current_incident_id = incidents.incident_id
    left join before on alerts.alert_id = before.alert_id
    left join todays on alerts.alert_id = todays.alert_id
    left join raised on alerts.alert_id = raised.alert_id
),

compared as (
    select
        *,
        coalesce(listed_customer_id <> customer_id, false) as is_of_merged_customer,
        coalesce(listed_is_solved <> is_solved, false) as is_solved_otherwise
    from known_today
),

listed as (
    select
        *,
        is_listed_today
        -- What the CRM closed and opens again it knows; also where it closed it on the day of its list.
        or (status = 'open' and coalesce(listed_status, 'untold') not in ('open', 'closed'))
        -- Whom to call; that its ticket is solved, or is so no more.
        or (status = 'open' and (is_of_merged_customer or is_solved_otherwise))
        or (status = 'retracted' and coalesce(listed_status, status) <> status) as is_listed
    from compared
),

final as (
    select
        {{ alert_columns() }},
        listed.status,
        run.as_of_on as told_on,
        listed.is_listed,
        case
            -- Kept also where no list tells it: a reason stands, wherever the contact goes afterwards.
            when listed.status = 'retracted' then listed.retraction_reason
            when not listed.is_listed or listed.status = 'closed' then null
            when listed.listed_status = 'retracted' then 'reopened'
            when listed.is_of_merged_customer then 'customer_merged'
            when listed.is_solved_otherwise and listed.is_solved then 'resolved'
            when listed.listed_status is not null then 'reopened'
            when listed.kept_status = 'held_by_cap' then 'released'
            else 'new'
        end as change_reason,
        listed.raised_for,
        listed.contact_ids,
        listed.is_solved
    from listed
    cross join run
    where
        listed.is_listed
        or listed.is_kept_today
        or listed.kept_status is null
        or listed.kept_status <> listed.status
        or listed.contact_ids is distinct from listed.kept_contact_ids
        or listed.is_solved is distinct from listed.kept_is_solved
)

select * from final
