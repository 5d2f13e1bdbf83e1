{%- set incidents_before = as_left_by_the_last_run('fct_incident') -%}
{%- set links_before = as_left_by_the_last_run('int_incident_links') -%}

-- One row per customer whose rows this run must compute again: found through the loads that brought
-- the change, and through the days that came since the last published run, never by event time alone.
with run as (
    select * from {{ ref('int_run') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

records as (
    select * from {{ ref('int_customer_records') }}
),

customer_merges as (
    select * from {{ ref('int_customer_merges') }}
),

contact_versions as (
    select * from {{ ref('int_contact_versions') }}
),

addresses as (
    select * from {{ ref('int_customer_addresses') }}
),

-- A record that is delivered again and says the same touches nobody.
changed_customers as (
    select records.customer_id
    from records
    cross join run
    where
        records.changed_load_no > run.since_load_no
        or records.changed_on > run.since_as_of_on
),

-- An address that moves from one customer to another changes both.
sharers_of_changed_addresses as (
    select distinct sharers.customer_id
    from changed_customers
    inner join addresses on changed_customers.customer_id = addresses.customer_id
    inner join addresses as sharers on addresses.address_hash = sharers.address_hash
),

classifications as (
    select * from {{ ref('int_text_classifications') }}
),

reviews as (
    select * from {{ ref('int_reviews') }}
),

current_decisions as (
    select
        contact_id,
        decision,
        incident_type,
        decided_by,
        reason,
        decided_on
    from reviews
    where is_current
),

former_decisions as (
    select
        contact_id,
        decision,
        former_incident_type as incident_type,
        decided_by,
        reason,
        decided_on
    from reviews
    where was_current
),

new_decisions as (
    select * from current_decisions
    except
    select * from former_decisions
),

gone_decisions as (
    select * from former_decisions
    except
    select * from current_decisions
),

changed_decisions as (
    select contact_id from new_decisions
    union distinct
    select contact_id from gone_decisions
),

-- A decision came, or came to its day, or the type that it names is another one now.
reviewed_contacts as (
    select contact_id from changed_decisions
    union distinct
    select reviews.contact_id
    from reviews
    cross join run
    where
        run.changed_incident_types <> ''
        and {{ list_contains_word('run.changed_incident_types', 'reviews.decision') }}
),

-- What came, or came to its day, or is decided otherwise by changed tables.
new_contacts as (
    select contact_versions.contact_id
    from contact_versions
    cross join run
    where
        contact_versions.decided_run_no > run.since_run_no
        or (
            contact_versions.visible_on > run.since_as_of_on
            and contact_versions.visible_on <= run.as_of_on
        )
        -- What a version said ahead of time, that a ticket is solved, has come true.
        or (
            contact_versions.solved_at >= run.since_as_of_ends_at
            and contact_versions.solved_at < run.as_of_ends_at
        )
),

-- A changed entry of the taxonomy. On most days there is none, and nobody's type is looked up.
repriced_contacts as (
    select contact_versions.contact_id
    from contact_versions
    cross join run
    left join classifications
        on
            contact_versions.text_hash = classifications.text_hash
            and run.detector_version = classifications.detector_version
    where
        run.changed_incident_types <> ''
        and {{ list_contains_word(
            'run.changed_incident_types', incident_type_of('contact_versions', 'classifications')
        ) }}
),

-- What the detector reads otherwise than a version did whose readings may stand in the tables.
reread_texts as (
    select distinct classifications.text_hash
    from run
    inner join classifications as formerly
        on {{ list_contains_word('run.former_detector_versions', 'formerly.detector_version') }}
    inner join classifications
        on
            formerly.text_hash = classifications.text_hash
            and run.detector_version = classifications.detector_version
    where
        run.former_detector_versions <> ''
        and (
            formerly.incident_type is distinct from classifications.incident_type
            or formerly.likely_types is distinct from classifications.likely_types
            or formerly.is_reminder is distinct from classifications.is_reminder
            or formerly.confidence is distinct from classifications.confidence
            or formerly.rule is distinct from classifications.rule
            or formerly.ticket_references is distinct from classifications.ticket_references
        )
),

changed_contacts as (
    select contact_id from new_contacts
    union distinct
    select contact_id from repriced_contacts
    union distinct
    select contact_id from reviewed_contacts
    union distinct
    select contact_versions.contact_id
    from contact_versions
    inner join reread_texts on contact_versions.text_hash = reread_texts.text_hash
),

-- All versions: the old owner of a contact that moved loses it in the same run.
owners_of_changed_contacts as (
    select contact_versions.customer_id
    from changed_contacts
    inner join contact_versions on changed_contacts.contact_id = contact_versions.contact_id
    where contact_versions.customer_id is not null
    union distinct
    select addresses.customer_id
    from changed_contacts
    inner join contact_versions on changed_contacts.contact_id = contact_versions.contact_id
    inner join addresses on contact_versions.address_hash = addresses.address_hash
),

-- A relationship that was announced begins or ends with the days that came.
newly_started_or_ended as (
    select customers.customer_id
    from customers
    cross join run
    where
        (
            customers.relationship_ended_on > run.since_as_of_on
            and customers.relationship_ended_on <= run.as_of_on
        )
        or (
            customers.relationship_started_on > run.since_as_of_on
            and customers.relationship_started_on <= run.as_of_on
        )
),

current_merges as (
    select
        from_customer_id,
        to_customer_id
    from customer_merges
    where is_current
),

former_merges as (
    select
        from_customer_id,
        to_customer_id
    from customer_merges
    where was_current
),

new_merges as (
    select * from current_merges
    except
    select * from former_merges
),

gone_merges as (
    select * from former_merges
    except
    select * from current_merges
),

changed_merges as (
    select from_customer_id from new_merges
    union distinct
    select from_customer_id from gone_merges
),

-- The CRM says that an alert is well resolved, or not any more.
resolved_otherwise as (
    select alert_id from {{ ref('int_acknowledgements') }}
    where is_resolved_otherwise
),

told as (
    select
        alert_id,
        incident_id
    from {{ ref('stg_runs__alert_history') }}
    where alert_id in (select resolved_otherwise.alert_id from resolved_otherwise)
),

told_contacts as (
    select told.incident_id as contact_id
    from told
    union distinct
    select aliases.current_id as contact_id
    from told
    inner join {{ ref('stg_runs__aliases') }} as aliases on told.incident_id = aliases.former_id
),

-- Mostly there is none, and nobody's contacts are looked through.
resolved_but_never_told as (
    select alert_id from resolved_otherwise
    where alert_id not in (select told.alert_id from told)
),

{% if links_before %}
-- Of contacts that report an incident only since then the owners are touched anyway.
{{ alert_ids_of(links_before) }},

owners_of_acknowledged as (
    select links.customer_id
    from {{ links_before }} as links
    inner join told_contacts on links.contact_id = told_contacts.contact_id
    union distinct
    select alert_ids.customer_id
    from alert_ids
    inner join resolved_but_never_told on alert_ids.alert_id = resolved_but_never_told.alert_id
),

{% endif %}
{% if incidents_before %}
-- A deadline passes without any record. Which do was written by the last run, or by attempts after it: those
-- have changed only customers who are touched anyway, and a deadline that passed before them passes again.
passed_deadlines as (
    select incidents.customer_id
    from {{ incidents_before }} as incidents
    cross join run
    where
        incidents.type_category = 'transient'
        and not incidents.is_resolved_in_time
        and incidents.deadline_at >= {{ as_instant('run.since_as_of_ends_at') }}
        and incidents.deadline_at < {{ as_instant('run.as_of_ends_at') }}
),

{% endif %}
found as (
    select customer_id from changed_customers
    union distinct
    select customer_id from sharers_of_changed_addresses
    union distinct
    select customer_id from owners_of_changed_contacts
    union distinct
    select customer_id from newly_started_or_ended
    union distinct
    select from_customer_id as customer_id from changed_merges
    {% if links_before %}
    union distinct
    select customer_id from owners_of_acknowledged
    {% endif %}
    {% if incidents_before %}
    union distinct
    select customer_id from passed_deadlines
    {% endif %}
),

-- Whom merges ever connected are touched together: what is one's today may have been the other's.
connected_customers as (
    select
        from_customer_id as customer_id,
        group_no
    from customer_merges
    union distinct
    select
        to_customer_id as customer_id,
        group_no
    from customer_merges
),

touched as (
    select customer_id from found
    union distinct
    select connected_customers.customer_id
    from connected_customers
    where
        connected_customers.group_no in (
            select members.group_no
            from connected_customers as members
            inner join found on members.customer_id = found.customer_id
        )
),

-- Who is another one today has nothing left to compute, only rows to lose.
numbered as (
    select
        customer_id,
        customer_no,
        relationship_started_on,
        relationship_ended_on
    from customers
    union all
    select
        records.customer_id,
        records.customer_no,
        records.relationship_started_on,
        records.relationship_ended_on
    from customer_merges
    inner join records on customer_merges.from_customer_id = records.customer_id
    where customer_merges.is_current and customer_merges.current_customer_id <> customer_merges.from_customer_id
),

final as (
    select
        numbered.customer_id,
        numbered.customer_no,
        numbered.relationship_started_on,
        numbered.relationship_ended_on
    from numbered
    cross join run
    where
        run.is_full_rebuild
        or {{ should_full_refresh() }}
        or numbered.customer_id in (select touched.customer_id from touched)
)

select * from final
