{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_id='touched_customers', alert_id='new_rows'),
    tags=['python_macro'],
) }}

-- One row per red alert, of an incident and the customer whom it burdens, as known when it was raised: afterwards only
-- its status changes, which incident it stands for today or why none, and a customer who was merged.
-- Alerts raised on earlier dates are read back from what was kept in files, so a rebuilt warehouse
-- neither forgets them nor raises them twice.
{% set at_stake_only =
    'where customer_id in (select customers_at_stake.customer_id from customers_at_stake)' if is_incremental() else ''
%}

with run as (
    select * from {{ ref('int_run') }}
),

-- An incident's id is its anchor's contact id.
incident_aliases as (
    select
        former_id,
        current_id,
        since_on
    from {{ ref('stg_runs__aliases') }}
    where kind in ('contact', 'incident')
),

-- What was told stays told under the id it was told by, whatever its incident is called now.
told as (
    select
        history.alert_id,
        coalesce(incident_aliases.current_id, history.incident_id) as incident_id,
        history.customer_id,
        coalesce(history.raised_for, history.customer_id) as raised_for,
        history.contact_ids,
        history.raised_on,
        history.status,
        history.told_on,
        -- One that the CRM closed on the day on which it was told stands there as closed.
        history.status = 'open' or (history.status = 'closed' and history.is_listed) as is_told_as_open
    from {{ ref('stg_runs__alert_history') }} as history
    cross join run
    -- An id that another ticket has today was the former one's only as long as nothing else had it.
    left join incident_aliases
        on
            history.incident_id = incident_aliases.former_id
            and history.raised_on <= incident_aliases.since_on
    where history.told_on <= run.as_of_on
),

-- What the CRM says last; nobody is told back what it closed or opened again itself.
closed_by_crm as (
    select alert_id from {{ ref('int_acknowledgements') }}
    where status = 'closed'
),

{% if is_incremental() %}
-- Untouched, but the cap may let them through today.
customers_who_wait as (
    select alerts.customer_id
    from {{ this }} as alerts
    cross join run
    left join told on alerts.alert_id = told.alert_id
    where alerts.status in ('open', 'held_by_cap')
    group by alerts.alert_id, alerts.customer_id, run.as_of_on
    having coalesce(min(case when told.is_told_as_open then told.told_on end), run.as_of_on) >= run.as_of_on
),

-- Untouched, but the CRM has closed an alert since, or opened it again.
customers_of_acknowledged as (
    select alerts.customer_id
    from {{ this }} as alerts
    left join closed_by_crm on alerts.alert_id = closed_by_crm.alert_id
    where
        alerts.status <> 'retracted'
        and (alerts.status = 'closed') <> (closed_by_crm.alert_id is not null)
),

customers_at_stake as (
    select touched.customer_id from {{ ref('int_touched_customers') }} as touched
    union distinct
    select customers_who_wait.customer_id from customers_who_wait
    union distinct
    select customers_of_acknowledged.customer_id from customers_of_acknowledged
),
{% endif %}

ledger as (
    select * from {{ ref('fct_tolerance_ledger') }} {{ at_stake_only }}
),

incidents as (
    select * from {{ ref('fct_incident') }} {{ at_stake_only }}
),

customers as (
    select * from {{ ref('int_customers') }} {{ at_stake_only }}
),

-- A late incident can break an account through the line of a later one.
balances as (
    select
        customer_id,
        is_negative
    from {{ ref('fct_tolerance_current') }} {{ at_stake_only }}
),

incident_types as (
    select * from {{ ref('incident_types') }}
),

first_steps as (
    select
        playbook_code,
        step_fr,
        step_en,
        row_number() over (partition by playbook_code order by step_no) as step_rank
    from {{ ref('playbooks') }}
),

numbered_lines as (
    select
        incident_id,
        row_number() over (partition by customer_id order by occurred_at, incident_id) as incident_no
    from ledger
),

links as (
    select * from {{ ref('int_incident_links') }} {{ at_stake_only }}
),

customer_merges as (
    select
        from_customer_id,
        current_customer_id
    from {{ ref('int_customer_merges') }}
    where is_current and current_customer_id is not null
),

{% if is_incremental() %}
-- Told alerts of a customer at stake. One that an attempt raised, and that nobody was told of, is gone with it.
alerts_at_stake as (
    select alerts.alert_id
    from {{ this }} as alerts
    inner join customers_at_stake on alerts.customer_id = customers_at_stake.customer_id
    union distinct
    select told.alert_id
    from told
    left join customer_merges on told.customer_id = customer_merges.from_customer_id
    inner join customers_at_stake
        on coalesce(customer_merges.current_customer_id, told.customer_id) = customers_at_stake.customer_id
),
{% endif %}

-- On which date each was told last, on which it first went to the CRM (the cap counts that), and for whom it was
-- raised.
last_told as (
    select
        alert_id,
        max(told_on) as told_on,
        min(case when is_told_as_open then told_on end) as first_opened_on,
        max(case when told_on = raised_on then raised_for end) as raised_for
    from told
    {% if is_incremental() %}
    where alert_id in (select alerts_at_stake.alert_id from alerts_at_stake)
    {% endif %}
    group by alert_id
),

-- As told last, of the customer of today: who was merged into another one is that one, also in what was told before.
told_last as (
    select
        told.alert_id,
        told.told_on,
        told.incident_id,
        told.contact_ids,
        told.raised_on,
        told.status,
        last_told.first_opened_on,
        coalesce(customer_merges.current_customer_id, last_told.raised_for) as customer_id
    from told
    inner join last_told on told.alert_id = last_told.alert_id and told.told_on = last_told.told_on
    left join customer_merges on last_told.raised_for = customer_merges.from_customer_id
),

other_contacts as (
    select
        alert_id,
        told_on,
        {{ split_to_rows('contact_ids') }} as contact_id
    from told_last
    where contact_ids is not null
),

-- By its anchor an alert knows its incident again, and where that one reports none any more by the other contacts
-- that it had: a retagged ticket leaves its mail behind.
told_contacts as (
    select
        alert_id,
        incident_id as contact_id,
        0 as contact_rank
    from told_last
    union all
    select
        other_contacts.alert_id,
        coalesce(incident_aliases.current_id, other_contacts.contact_id) as contact_id,
        1 as contact_rank
    from other_contacts
    left join incident_aliases
        on
            other_contacts.contact_id = incident_aliases.former_id
            and other_contacts.told_on < incident_aliases.since_on
),

standing as (
    select
        told_contacts.alert_id,
        ledger.incident_id,
        row_number() over (
            partition by told_contacts.alert_id
            order by told_contacts.contact_rank, ledger.occurred_at, ledger.incident_id
        ) as incident_rank,
        told_contacts.contact_rank
    from told_contacts
    inner join told_last on told_contacts.alert_id = told_last.alert_id
    inner join links on told_contacts.contact_id = links.contact_id
    inner join ledger on links.incident_id = ledger.incident_id and told_last.customer_id = ledger.customer_id
),

claims as (
    select
        told_last.*,
        standing.incident_id as current_incident_id,
        row_number() over (
            partition by standing.incident_id
            order by
                standing.contact_rank,
                -- Of two alerts of customers who were merged the one that stands goes on.
                case when told_last.status = 'retracted' then 1 else 0 end,
                told_last.raised_on,
                told_last.alert_id
        ) as claim_rank
    from told_last
    left join standing on told_last.alert_id = standing.alert_id and standing.incident_rank = 1
),

-- Also of contacts that are deleted, or that nobody known has.
versions_of_lost as (
    select
        versions.contact_id,
        versions.is_deleted,
        row_number() over (
            partition by versions.contact_id
            order by {{ newest_version_first('versions') }}
        ) as version_rank
    from {{ ref('int_contact_versions') }} as versions
    cross join run
    where
        versions.visible_on <= run.as_of_on
        and versions.contact_id in (
            select claims.incident_id from claims
            where claims.current_incident_id is null or claims.claim_rank > 1
        )
),

-- Where the contact that it was raised for is today, whoever has it.
gone as (
    select
        claims.alert_id,
        case
            when contacts.contact_id is null and newest.is_deleted then 'deleted'
            when contacts.contact_id is null then 'customer_unknown'
            when contacts.customer_id <> claims.customer_id then 'moved'
            when contacts.incident_type is null then 'not_an_incident'
            when claims.current_incident_id is not null or all_links.contact_id is null then 'merged'
            when all_incidents.penalty_points > 0 then 'relationship_ended'
            -- The CRM's own closing made it so: that is no news to it.
            when
                all_incidents.reclassification_reason = 'well_resolved' and closed_by_crm.alert_id is not null
                then null
            else 'became_transient'
        end as retraction_reason
    from claims
    left join {{ ref('int_contacts') }} as contacts on claims.incident_id = contacts.contact_id
    left join {{ ref('int_incident_links') }} as all_links on claims.incident_id = all_links.contact_id
    left join {{ ref('fct_incident') }} as all_incidents on all_links.incident_id = all_incidents.incident_id
    left join versions_of_lost as newest on claims.incident_id = newest.contact_id and newest.version_rank = 1
    left join closed_by_crm on claims.alert_id = closed_by_crm.alert_id
    where claims.current_incident_id is null or claims.claim_rank > 1
),

known as (
    select
        {%- for column in declared_alert_columns() if column.name != 'customer_id' %}
        history.{{ column.name }},
        {%- endfor %}
        claims.customer_id,
        claims.first_opened_on,
        claims.current_incident_id,
        claims.claim_rank,
        -- Kept once, a reason stands: where the contact goes afterwards touches this customer no more.
        case
            when gone.retraction_reason is not null and history.status = 'retracted'
                then coalesce(history.change_reason, gone.retraction_reason)
            else gone.retraction_reason
        end as retraction_reason,
        closed_by_crm.alert_id is not null as is_closed_by_crm
    from {{ ref('stg_runs__alert_history') }} as history
    inner join claims on history.alert_id = claims.alert_id and history.told_on = claims.told_on
    left join gone on claims.alert_id = gone.alert_id
    left join closed_by_crm on claims.alert_id = closed_by_crm.alert_id
),

raised_before as (
    select
        {{ alert_columns() }},
        case when claim_rank = 1 then current_incident_id end as current_incident_id,
        retraction_reason,
        case
            when retraction_reason is not null then 'retracted'
            when is_closed_by_crm then 'closed'
            when
                first_opened_on is null
                and {{ days_between('occurred_on', 'raised_on') }} > {{ var('alert_max_age_days') }}
                then 'too_old'
            else 'open'
        end as status,
        first_opened_on
    from known
),

-- Whoever was told of an incident in time hears of whom it burdens now, however late that is known.
raised_for_others as (
    select
        links.incident_id,
        min(told.raised_on) as raised_on
    from told
    inner join links on told.incident_id = links.contact_id
    where told.status = 'open'
    group by links.incident_id
),

unalerted as (
    select
        ledger.*,
        numbered_lines.incident_no,
        raised_for_others.raised_on as first_raised_on,
        incidents.incident_type,
        incidents.reclassification_reason,
        incidents.evidence_file_name,
        incidents.evidence_record_no,
        run.as_of_on as raised_on,
        run.as_of_ends_at,
        ledger.balance_before_points < 0 as was_already_negative,
        balances.is_negative as is_negative_when_raised,
        {{ tenure_months('customers.relationship_started_on', 'ledger.occurred_on') }} as tenure_months
    from ledger
    inner join incidents on ledger.incident_id = incidents.incident_id
    inner join numbered_lines on ledger.incident_id = numbered_lines.incident_id
    left join raised_for_others on ledger.incident_id = raised_for_others.incident_id
    inner join customers on ledger.customer_id = customers.customer_id
    inner join balances on ledger.customer_id = balances.customer_id
    cross join run
    where ledger.incident_id not in (
        select claims.current_incident_id from claims
        where claims.current_incident_id is not null
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
        'is_negative_when_raised' as rule
    from unalerted
    where is_negative_when_raised
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
        -- A type without hours raises an alert only where it was resolved badly: then somebody acts at once.
        {{ as_instant("unalerted.as_of_ends_at + coalesce(incident_types.deadline_hours, 0) * interval '1 hour'") }}
            as respond_by,
        incident_types.label_fr,
        incident_types.label_en,
        first_steps.step_fr,
        first_steps.step_en,
        case
            when unalerted.turns_negative then 'turns_negative'
            when unalerted.was_already_negative then 'was_already_negative'
            when unalerted.is_negative_when_raised then 'is_negative_when_raised'
            else 'holds'
        end as told_rule
    from unalerted
    inner join priorities on unalerted.incident_id = priorities.incident_id
    inner join incident_types
        on
            unalerted.incident_type = incident_types.incident_type
            and unalerted.occurred_on >= incident_types.valid_from
            and (unalerted.occurred_on < incident_types.valid_to or incident_types.valid_to is null)
    left join first_steps
        on
            incident_types.playbook_code = first_steps.playbook_code
            and first_steps.step_rank = 1
),

worded as (
    select
        *,
        {{ alert_id('incident_id', 'customer_id') }} as alert_id,
        alert_reason(
            'fr',
            label_fr,
            occurred_on,
            incident_no,
            told_rule,
            balance_before_points,
            balance_after_points,
            reclassification_reason,
            cast(tenure_months as integer),
            step_fr
        ) as reason_fr,
        alert_reason(
            'en',
            label_en,
            occurred_on,
            incident_no,
            told_rule,
            balance_before_points,
            balance_after_points,
            reclassification_reason,
            cast(tenure_months as integer),
            step_en
        ) as reason_en
    from described
),

raised_now as (
    select
        {{ alert_columns() }},
        incident_id as current_incident_id,
        cast(null as varchar) as retraction_reason,
        case
            -- A state that begins anew raises what the CRM has closed already.
            when alert_id in (select closed_by_crm.alert_id from closed_by_crm) then 'closed'
            when
                {{ days_between('occurred_on', 'coalesce(first_raised_on, raised_on)') }}
                > {{ var('alert_max_age_days') }}
                then 'too_old'
            else 'open'
        end as status,
        cast(null as date) as first_opened_on
    from worded
),

alerts as (
    select * from raised_before
    union all
    select * from raised_now
),

-- The cap lets as many through as can be called in a day. What it holds back waits in plain sight and goes first on
-- the next day: whoever came later, however urgent, would else keep it waiting for good.
waiting as (
    select
        alerts.alert_id,
        row_number() over (
            order by
                -- What an earlier run of this date let through stays through.
                case when alerts.first_opened_on is null then 1 else 0 end,
                case when alerts.raised_on < run.as_of_on then 0 else 1 end,
                alerts.priority,
                alerts.respond_by,
                alerts.alert_id
        ) as waiting_rank
    from alerts
    cross join run
    where
        alerts.status = 'open'
        and (alerts.first_opened_on is null or alerts.first_opened_on = run.as_of_on)
),

held as (
    select alert_id from waiting
    where {{ var('alert_daily_cap') }} > 0 and waiting_rank > {{ var('alert_daily_cap') }}
),

final as (
    select
        {{ alert_columns() }},
        current_incident_id,
        retraction_reason,
        case when alert_id in (select held.alert_id from held) then 'held_by_cap' else status end as status
    from alerts
)

select * from final
