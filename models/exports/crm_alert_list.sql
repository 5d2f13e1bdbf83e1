{{ config(tags=['duckdb_only']) }}

-- One row per alert that the CRM must be told of by this date's run: raised or changed against the
-- lists of earlier dates, with what an agent needs who works with it. The list of a date can be written again and
-- again with the same bytes.
with alerts as (
    select * from {{ ref('alert_history') }}
    -- What the CRM closed itself on this date is not told back.
    where is_listed and status <> 'closed'
),

listed_before as (
    select distinct history.alert_id
    from {{ ref('stg_runs__alert_history') }} as history
    inner join {{ ref('int_run') }} as run on history.told_on < run.as_of_on
    where history.is_listed
),

standing as (
    select
        alert_id,
        current_incident_id
    from {{ ref('fct_alert') }}
    where alert_id in (select alerts.alert_id from alerts)
),

incidents as (
    select * from {{ ref('fct_incident') }}
    where incident_id in (select standing.current_incident_id from standing)
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_id in (select alerts.customer_id from alerts)
),

balances as (
    select * from {{ ref('fct_tolerance_current') }}
    where customer_id in (select alerts.customer_id from alerts)
),

-- A ticket of the incident: of several the one that anchors it, else the first.
ranked_tickets as (
    select
        contacts.incident_id,
        contacts.system,
        contacts.native_id,
        row_number() over (
            partition by contacts.incident_id
            order by
                case when contacts.contact_id = contacts.incident_id then 0 else 1 end,
                contacts.occurred_at,
                contacts.contact_id
        ) as ticket_rank
    from {{ ref('fct_incident_contact') }} as contacts
    where contacts.source = 'tickets' and contacts.incident_id in (select incidents.incident_id from incidents)
),

tickets as (
    select
        ranked_tickets.incident_id,
        ranked_tickets.system,
        ranked_tickets.native_id,
        replace(links.link_template, '{ticket_id}', ranked_tickets.native_id) as ticket_link
    from ranked_tickets
    left join {{ ref('ticket_links') }} as links on ranked_tickets.system = links.system
    where ranked_tickets.ticket_rank = 1
),

ranked_lines as (
    select
        ledger.customer_id,
        ledger.occurred_on,
        lines.incident_type,
        row_number() over (
            partition by ledger.customer_id
            order by ledger.occurred_at desc, ledger.incident_id desc
        ) as recency
    from {{ ref('fct_tolerance_ledger') }} as ledger
    inner join {{ ref('fct_incident') }} as lines on ledger.incident_id = lines.incident_id
    where ledger.customer_id in (select alerts.customer_id from alerts)
),

remembered as (
    select
        customer_id,
        cast(count(*) as integer) as cumulative_count,
        string_agg(
            case when recency <= 3 then cast(occurred_on as varchar) || ' ' || incident_type end, ', '
            order by recency
        ) as last_cumulative
    from ranked_lines
    group by customer_id
),

playbook_titles as (
    select * from {{ ref('playbook_titles') }}
),

first_steps as (
    select
        *,
        row_number() over (partition by playbook_code order by step_no) as step_rank
    from {{ ref('playbooks') }}
),

listed as (
    select
        {{ alert_columns('alerts') }},
        alerts.status,
        alerts.change_reason,
        case
            when alerts.status = 'retracted' then 'retracted'
            when alerts.alert_id in (select listed_before.alert_id from listed_before) then 'changed'
            else 'new'
        end as change,

        -- the incident today
        incidents.status as incident_status,
        case when incidents.incident_id is not null then incidents.resolved_at is not null end as is_solved,
        incidents.resolved_at,
        incidents.deadline_at as incident_deadline_at,
        incidents.channel,
        tickets.system as ticket_system,
        tickets.native_id as ticket_number,
        tickets.ticket_link,

        -- the customer today
        customers.preferred_language,
        customers.tenure_months,
        balances.balance_points as balance_today_points,
        balances.first_safe_month,
        coalesce(remembered.cumulative_count, 0) as cumulative_count,
        remembered.last_cumulative,

        -- what to do
        playbook_titles.title_fr as playbook_title_fr,
        playbook_titles.title_en as playbook_title_en,
        first_steps.step_fr as first_step_fr,
        first_steps.step_en as first_step_en
    from alerts
    inner join standing on alerts.alert_id = standing.alert_id
    left join incidents on standing.current_incident_id = incidents.incident_id
    left join tickets on standing.current_incident_id = tickets.incident_id
    left join customers on alerts.customer_id = customers.customer_id
    left join balances on alerts.customer_id = balances.customer_id
    left join remembered on alerts.customer_id = remembered.customer_id
    left join playbook_titles on alerts.playbook_code = playbook_titles.playbook_code
    left join first_steps
        on
            alerts.playbook_code = first_steps.playbook_code
            and first_steps.step_rank = 1
),

final as (
    select
        *,
        {{ alert_fingerprint() }} as fingerprint
    from listed
)

select * from final
