{{ config(tags=['python_macro']) }}

-- One row per mail of a customer whom this run computes again: the mail with which its matter begins. All ids that
-- a mail refers to count, whatever the order of arrival. A mail that names a ticket speaks of that ticket's type.
with touched as (
    select * from {{ ref('int_touched_customers') }}
),

contacts as (
    select * from {{ ref('int_contacts') }}
    {% if not should_full_refresh() %}
    where customer_id in (select touched.customer_id from touched)
    {% endif %}
),

mails as (
    select
        contacts.contact_id,
        contacts.customer_id,
        contacts.thread_ids,
        contacts.occurred_at,
        coalesce(tickets.incident_type, contacts.incident_type) as incident_type,
        case when tickets.contact_id is null then contacts.likely_types else tickets.likely_types end as likely_types,
        contacts.is_reminder
    from contacts
    left join {{ ref('int_ticket_references') }} as named on contacts.contact_id = named.contact_id
    left join contacts as tickets on named.ticket_contact_id = tickets.contact_id
    where contacts.thread_ids is not null
),

compatible_types as (
    {{ compatible_types() }}
),

threads as (
    select
        mails.customer_id,
        list(mails.contact_id order by mails.occurred_at, mails.contact_id) as contact_ids,
        link_threads(
            list(
                {
                    'thread_ids': mails.thread_ids,
                    'sent_us': epoch_us(mails.occurred_at),
                    'incident_type': mails.incident_type,
                    'likely_types': mails.likely_types,
                    'is_reminder': mails.is_reminder
                } order by mails.occurred_at, mails.contact_id
            ),
            any_value(compatible_types.pairs),
            {{ var('link_window_days') }}
        ) as first_positions
    from mails
    cross join compatible_types
    group by mails.customer_id
    having count(*) > 1
),

positions as (
    select
        customer_id,
        contact_ids,
        unnest(contact_ids) as contact_id,
        unnest(first_positions) as first_position
    from threads
),

final as (
    select
        mails.contact_id,
        mails.customer_id,
        coalesce(positions.contact_ids[positions.first_position], mails.contact_id) as thread_contact_id
    from mails
    left join positions on mails.contact_id = positions.contact_id
)

select * from final
