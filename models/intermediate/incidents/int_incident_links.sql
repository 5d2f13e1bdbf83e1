{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_id='touched_customers'),
    tags=['python_macro'],
) }}

-- One row per contact that reports an incident: which incident, and by which rule it was linked.
-- A unit is what belongs together by itself: a ticket with the contacts that name it, the matter of a mail thread,
-- a single call. Units of one customer and of compatible types are then joined by the link window; what only reminds,
-- by the one incident that it can remind of. A contact too unclear to report an incident counts where it continues
-- one that another contact reports.
with recursive contacts as (
    select * from {{ ref('int_contacts') }}
    {% if is_incremental() %}
    where customer_id in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched)
    {% endif %}
),

-- A merged ticket is part of its target, which may have been merged in its turn.
steps as (
    select
        contact_id,
        customer_id,
        other_system,
        merged_into,
        1 as step_no
    from contacts
    where source = 'tickets' and merged_into is not null
    union all
    select
        steps.contact_id,
        steps.customer_id,
        steps.other_system,
        targets.merged_into,
        steps.step_no + 1 as step_no
    from steps
    inner join contacts as targets
        on
            steps.customer_id = targets.customer_id
            and steps.merged_into = targets.native_id
            and steps.other_system is not distinct from targets.other_system
            and targets.source = 'tickets'
    -- Tickets that were merged into one another have no target.
    where targets.merged_into is not null and steps.step_no < 50
),

final_targets as (
    select
        steps.contact_id,
        targets.contact_id as target_contact_id,
        targets.incident_type as target_incident_type
    from steps
    inner join contacts as targets
        on
            steps.customer_id = targets.customer_id
            and steps.merged_into = targets.native_id
            and steps.other_system is not distinct from targets.other_system
            and targets.source = 'tickets'
    where targets.merged_into is null
),

-- Without a known target a merged ticket is no incident; audit_contact_review tells of it.
tickets as (
    select
        contacts.*,
        coalesce(final_targets.target_contact_id, contacts.contact_id) as unit_id
    from contacts
    left join final_targets on contacts.contact_id = final_targets.contact_id
    where
        contacts.source = 'tickets'
        and (contacts.merged_into is null or final_targets.contact_id is not null)
        and coalesce(contacts.incident_type, final_targets.target_incident_type) is not null
),

others as (
    select
        contacts.contact_id,
        contacts.customer_id,
        contacts.source,
        contacts.native_id,
        contacts.incident_type,
        contacts.likely_types,
        contacts.is_reminder,
        contacts.detection_rule,
        contacts.occurred_at,
        contacts.needs_review,
        threads.thread_contact_id
    from contacts
    left join {{ ref('int_mail_threads') }} as threads on contacts.contact_id = threads.contact_id
    where contacts.source <> 'tickets'
),

own_references as (
    select
        named.contact_id,
        tickets.unit_id as ticket_contact_id,
        tickets.occurred_at as opened_at,
        tickets.native_id
    from {{ ref('int_ticket_references') }} as named
    inner join tickets on named.ticket_contact_id = tickets.contact_id
),

-- A thread in which one mail names a ticket is about that ticket; the ticket that was opened first wins.
ranked_thread_references as (
    select
        others.thread_contact_id,
        own_references.ticket_contact_id,
        row_number() over (
            partition by others.thread_contact_id
            order by own_references.opened_at, own_references.native_id, own_references.ticket_contact_id
        ) as ticket_rank
    from others
    inner join own_references on others.contact_id = own_references.contact_id
    where others.thread_contact_id is not null
),

thread_references as (
    select
        thread_contact_id,
        ticket_contact_id
    from ranked_thread_references
    where ticket_rank = 1
),

-- A mail that is unclear by itself belongs to what its thread reports within a window of it.
thread_reports as (
    select
        thread_contact_id,
        min(occurred_at) as reported_at
    from others
    where thread_contact_id is not null and incident_type is not null
    group by thread_contact_id
),

members as (
    select
        contact_id,
        customer_id,
        source,
        native_id,
        incident_type,
        likely_types,
        is_reminder,
        detection_rule,
        occurred_at,
        unit_id,
        true as is_ticket_unit,
        case when unit_id = contact_id then 'anchor' else 'merged' end as link_rule
    from tickets
    union all
    select
        others.contact_id,
        others.customer_id,
        others.source,
        others.native_id,
        others.incident_type,
        others.likely_types,
        others.is_reminder,
        others.detection_rule,
        others.occurred_at,
        coalesce(
            own_references.ticket_contact_id,
            thread_references.ticket_contact_id,
            others.thread_contact_id,
            others.contact_id
        ) as unit_id,
        coalesce(own_references.ticket_contact_id, thread_references.ticket_contact_id) is not null as is_ticket_unit,
        case
            when own_references.ticket_contact_id is not null then 'reference'
            when others.thread_contact_id is not null then 'thread'
            else 'anchor'
        end as link_rule
    from others
    left join own_references on others.contact_id = own_references.contact_id
    left join thread_references on others.thread_contact_id = thread_references.thread_contact_id
    left join thread_reports on others.thread_contact_id = thread_reports.thread_contact_id
    where
        others.incident_type is not null
        or own_references.ticket_contact_id is not null
        or (
            others.needs_review
            and (
                thread_reports.reported_at is null
                or others.occurred_at between
                thread_reports.reported_at - interval '{{ var("link_window_days") }} days'
                and thread_reports.reported_at + interval '{{ var("link_window_days") }} days'
            )
        )
),

ranked_members as (
    select
        *,
        row_number() over (
            partition by customer_id, unit_id
            order by
                case when source = 'tickets' then 0 else 1 end,
                case when source = 'tickets' and contact_id <> unit_id then 1 else 0 end,
                case when incident_type is null then 2 when incident_type = 'other_incident' then 1 else 0 end,
                occurred_at,
                source,
                native_id
        ) as type_rank,
        row_number() over (
            partition by customer_id, unit_id
            order by occurred_at, source, native_id
        ) as time_rank
    from members
),

units as (
    select
        customer_id,
        unit_id,
        is_ticket_unit,
        min(occurred_at) as first_contact_at,
        -- What links it: its type, or the likely ones where its words leave that open.
        coalesce(
            max(
                case
                    when type_rank > 1 then null
                    when incident_type <> 'other_incident' or detection_rule in ('tag', 'faq_code') then incident_type
                    else likely_types
                end
            ), ''
        ) as linking_types,
        coalesce(max(case when type_rank = 1 then likely_types end), '') as likely_types,
        max(
            case
                when type_rank > 1 then 0
                when detection_rule in ('tag', 'faq_code', 'review') then 2
                when incident_type <> 'other_incident' then 1
                else 0
            end
        ) as certainty,
        bool_or(is_ticket_unit or incident_type is not null) as is_report,
        -- What comes later reminds of the unit itself.
        bool_or(is_reminder and time_rank = 1) as is_reminder
    from ranked_members
    group by customer_id, unit_id, is_ticket_unit
),

gaps as (
    select
        *,
        lag(first_contact_at) over (
            partition by customer_id
            order by first_contact_at, unit_id
        ) as previous_at
    from units
),

-- Units further apart than the window can never meet; only the close ones need the step by step rule.
clusters as (
    select
        *,
        sum(
            case
                when previous_at >= first_contact_at - interval '{{ var("link_window_days") }} days' then 0
                else 1
            end
        ) over (
            partition by customer_id
            order by first_contact_at, unit_id
            rows between unbounded preceding and current row
        ) as cluster_no
    from gaps
),

compatible_in_window as (
    {{ compatible_types(in_window=true) }}
),

compatible_in_threads as (
    {{ compatible_types() }}
),

cluster_lists as (
    select
        clusters.customer_id,
        list(clusters.unit_id order by clusters.first_contact_at, clusters.unit_id) as unit_ids,
        link_by_window(
            list(
                {
                    'first_contact_us': epoch_us(clusters.first_contact_at),
                    'is_ticket': clusters.is_ticket_unit,
                    'types': clusters.linking_types,
                    'certainty': clusters.certainty,
                    'likely_types': clusters.likely_types,
                    'is_reminder': coalesce(clusters.is_reminder, false),
                    'is_report': clusters.is_report
                }
                order by clusters.first_contact_at, clusters.unit_id
            ),
            any_value(compatible_in_window.pairs),
            any_value(compatible_in_threads.pairs),
            {{ var('link_window_days') }}
        ) as links
    from clusters
    cross join compatible_in_window
    cross join compatible_in_threads
    group by clusters.customer_id, clusters.cluster_no
    having count(*) > 1
),

placed_units as (
    select
        customer_id,
        unnest(unit_ids) as unit_id,
        unnest(list_transform(links, lambda link: unit_ids[link.home])) as home_unit_id,
        unnest(list_transform(links, lambda link: link.rule)) as unit_rule
    from cluster_lists
),

homes as (
    select
        units.customer_id,
        units.unit_id,
        placed_units.unit_rule,
        case
            when placed_units.unit_id is not null then placed_units.home_unit_id
            when units.is_report then units.unit_id
        end as home_unit_id
    from units
    left join placed_units
        on
            units.customer_id = placed_units.customer_id
            and units.unit_id = placed_units.unit_id
),

placed_members as (
    select
        ranked_members.*,
        homes.home_unit_id,
        homes.unit_rule
    from ranked_members
    inner join homes
        on
            ranked_members.customer_id = homes.customer_id
            and ranked_members.unit_id = homes.unit_id
    where homes.home_unit_id is not null
),

-- The anchor: the incident's ticket, else its earliest contact.
anchored as (
    select
        *,
        first_value(contact_id) over (
            partition by customer_id, home_unit_id
            order by
                case when source = 'tickets' then 0 else 1 end,
                case when source = 'tickets' and contact_id <> unit_id then 1 else 0 end,
                occurred_at,
                source,
                native_id
            rows between unbounded preceding and unbounded following
        ) as anchor_contact_id
    from placed_members
),

final as (
    select
        contact_id,
        customer_id,
        anchor_contact_id as incident_id,
        case
            when contact_id = anchor_contact_id then 'anchor'
            when unit_id <> home_unit_id then unit_rule
            when link_rule = 'anchor' then 'window'
            else link_rule
        end as link_rule,
        case when is_ticket_unit then unit_id end as ticket_contact_id
    from anchored
)

select * from final
