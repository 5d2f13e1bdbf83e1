{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_id='touched_customers'),
    tags=['python_macro'],
) }}

-- One row per call or mail that names a ticket of its customer's own: which one, by the first number of its text
-- that such a ticket has. Two tickets may have it, of two systems or behind two prefixes: then it names neither,
-- and audit_contact_review tells of it.
with contacts as (
    select * from {{ ref('int_contacts') }}
    {% if is_incremental() %}
    where customer_id in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched)
    {% endif %}
),

naming as (
    select
        contact_id,
        customer_id,
        ticket_references,
        {{ split_to_rows('ticket_references') }} as number_key
    from contacts
    where source <> 'tickets' and ticket_references is not null
),

tickets as (
    select
        contact_id,
        customer_id,
        {{ split_to_rows('ticket_number_keys(native_id)') }} as number_key
    from contacts
    where source = 'tickets' and customer_id in (select naming.customer_id from naming)
),

named as (
    select
        naming.contact_id,
        naming.customer_id,
        strpos(',' || naming.ticket_references || ',', ',' || naming.number_key || ',') as named_at,
        count(distinct tickets.contact_id) as ticket_count,
        min(tickets.contact_id) as ticket_contact_id
    from naming
    inner join tickets
        on
            naming.customer_id = tickets.customer_id
            and naming.number_key = tickets.number_key
    group by naming.contact_id, naming.customer_id, named_at
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id
            order by named_at
        ) as named_rank
    from named
),

final as (
    select
        contact_id,
        customer_id,
        case when ticket_count = 1 then ticket_contact_id end as ticket_contact_id
    from ranked
    where named_rank = 1
)

select * from final
