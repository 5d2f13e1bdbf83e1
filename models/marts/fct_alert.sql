-- One row per red alert, as known when it was raised: only its status changes afterwards.
-- Alerts raised on earlier dates are read back from what was kept in files, so a rebuilt warehouse
-- neither forgets them nor raises them twice.
with run as (
    select * from {{ ref('int_run') }}
),

ledger as (
    select * from {{ ref('fct_tolerance_ledger') }}
),

incidents as (
    select * from {{ ref('fct_incident') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

incident_types as (
    select * from {{ ref('incident_types') }}
),

links as (
    select * from {{ ref('int_incident_links') }}
),

history as (
    select
        history.*,
        row_number() over (
            partition by history.alert_id
            order by history.told_on desc
        ) as recency
    from {{ ref('stg_runs__alert_history') }} as history
    cross join run
    where history.told_on <= run.as_of_on
),

-- On which date an alert first went to the CRM; the cap counts what goes there for the first time.
openings as (
    select
        history.alert_id,
        min(history.told_on) as first_opened_on
    from {{ ref('stg_runs__alert_history') }} as history
    cross join run
    where history.status = 'open' and history.told_on <= run.as_of_on
    group by history.alert_id
),

-- An incident that found a stronger anchor has a new id; the alert raised under the old one is its alias.
known as (
    select
        history.*,
        openings.first_opened_on,
        ledger.incident_id as current_incident_id,
        row_number() over (
            partition by ledger.incident_id
            order by history.raised_on, history.alert_id
        ) as claim_rank
    from history
    left join openings on history.alert_id = openings.alert_id
    left join links on history.incident_id = links.contact_id
    left join ledger on links.incident_id = ledger.incident_id
    where history.recency = 1
),

raised_before as (
    select
        {{ alert_columns() }},
        case
            when status = 'closed' then 'closed'
            when current_incident_id is null or claim_rank > 1 then 'retracted'
            when {{ days_between('occurred_on', 'raised_on') }} > {{ var('alert_max_age_days') }} then 'too_old'
            else 'open'
        end as status,
        first_opened_on
    from known
),

unalerted as (
    select
        ledger.*,
        incidents.incident_type,
        incidents.evidence_file_name,
        incidents.evidence_record_no,
        run.as_of_on as raised_on,
        run.as_of_ends_at,
        ledger.balance_before_points < 0 as was_already_negative,
        {{ tenure_months('customers.relationship_started_on', 'ledger.occurred_on') }} as tenure_months
    from ledger
    inner join incidents on ledger.incident_id = incidents.incident_id
    inner join customers on ledger.customer_id = customers.customer_id
    cross join run
    where ledger.incident_id not in (
        select known.current_incident_id from known
        where known.current_incident_id is not null
    )
),

rules as (
    select
        incident_id,
        'turns_negative' as rule
    from unalerted
    where turns_negative
    union all
    select
        incident_id,
        'was_already_negative' as rule
    from unalerted
    where was_already_negative
    union all
    select
        incident_id,
        'is_long_tenure' as rule
    from unalerted
    where tenure_months >= {{ var('long_tenure_months') }}
    union all
    select
        incident_id,
        'is_first_cumulative' as rule
    from unalerted
    where is_first_cumulative
    union all
    select
        incident_id,
        'is_cumulative' as rule
    from unalerted
),

priorities as (
    select
        rules.incident_id,
        min(alert_priorities.priority) as priority
    from rules
    inner join {{ ref('alert_priorities') }} as alert_priorities on rules.rule = alert_priorities.rule
    group by rules.incident_id
),

described as (
    select
        unalerted.*,
        priorities.priority,
        unalerted.tenure_months >= {{ var('long_tenure_months') }} as is_long_tenure,
        incident_types.playbook_code,
        incident_types.owner_role,
        {{ as_instant("unalerted.as_of_ends_at + incident_types.deadline_hours * interval '1 hour'") }} as respond_by,
        incident_types.label_fr,
        incident_types.label_en
    from unalerted
    inner join priorities on unalerted.incident_id = priorities.incident_id
    inner join incident_types
        on
            unalerted.incident_type = incident_types.incident_type
            and unalerted.occurred_on >= incident_types.valid_from
            and (unalerted.occurred_on < incident_types.valid_to or incident_types.valid_to is null)
),

raised_now as (
    select
        md5('alert|' || incident_id) as alert_id,
        incident_id,
        customer_id,
        raised_on,
        occurred_on,
        priority,
        is_first_cumulative,
        turns_negative,
        was_already_negative,
        is_long_tenure,
        balance_before_points,
        balance_after_points,
        playbook_code,
        owner_role,
        respond_by,
        {{ alert_reason('fr') }} as reason_fr,
        {{ alert_reason('en') }} as reason_en,
        incident_type,
        evidence_file_name,
        evidence_record_no,
        case
            when {{ days_between('occurred_on', 'raised_on') }} > {{ var('alert_max_age_days') }} then 'too_old'
            else 'open'
        end as status,
        cast(null as date) as first_opened_on
    from described
),

alerts as (
    select * from raised_before
    union all
    select * from raised_now
),

waiting as (
    select
        alerts.*,
        alerts.status = 'open'
        and (alerts.first_opened_on is null or alerts.first_opened_on = run.as_of_on) as is_waiting,
        -- What an earlier run of this date let through stays through.
        case when alerts.first_opened_on is null then 1 else 0 end as newcomer
    from alerts
    cross join run
),

-- The cap lets the most urgent through; what it holds back competes again the next day, in plain sight.
ranked as (
    select
        *,
        row_number() over (
            partition by is_waiting
            order by newcomer, priority, respond_by, alert_id
        ) as waiting_rank
    from waiting
),

final as (
    select
        {{ alert_columns() }},
        case
            when is_waiting and {{ var('alert_daily_cap') }} > 0 and waiting_rank > {{ var('alert_daily_cap') }}
                then 'held_by_cap'
            else status
        end as status
    from ranked
)

select * from final
