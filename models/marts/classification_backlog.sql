-- One row per group of contacts on which nobody has decided, the greatest first: what waits for a person, by why it
-- waits, and the incidents of types that have no category. Worked from the top, it grows shorter fastest.
with run as (
    select * from {{ ref('int_run') }}
),

waiting as (
    select
        reviews.review_reason as open_question,
        reviews.source,
        reviews.system,
        reviews.incident_type,
        reviews.contact_id,
        contacts.customer_id,
        reviews.occurred_on,
        reviews.file_name,
        reviews.record_no
    from {{ ref('audit_contact_review') }} as reviews
    left join {{ ref('int_contacts') }} as contacts on reviews.contact_id = contacts.contact_id
),

unclassified as (
    select
        'category_of_type' as open_question,
        contacts.source,
        contacts.system,
        incidents.incident_type,
        contacts.contact_id,
        incidents.customer_id,
        incidents.occurred_on,
        contacts.file_name,
        contacts.record_no
    from {{ ref('fct_incident') }} as incidents
    inner join {{ ref('fct_incident_contact') }} as contacts
        on
            incidents.incident_id = contacts.incident_id
            and contacts.link_rule = 'anchor'
    where incidents.category = 'unclassified'
),

open_contacts as (
    select * from waiting
    union all
    select * from unclassified
),

ranked as (
    select
        *,
        row_number() over (
            partition by open_question, source, system, incident_type
            order by occurred_on desc, file_name asc, record_no asc
        ) as example_rank
    from open_contacts
),

final as (
    select
        ranked.open_question,
        ranked.source,
        ranked.system,
        ranked.incident_type,
        count(*) as contact_count,
        count(distinct ranked.customer_id) as customer_count,
        min(ranked.occurred_on) as first_on,
        max(ranked.occurred_on) as last_on,
        {{ days_between('min(ranked.occurred_on)', 'max(run.as_of_on)') }} as oldest_age_days,
        string_agg(
            case when ranked.example_rank <= 3 then ranked.file_name || ', record ' || ranked.record_no end,
            '; '
            order by ranked.example_rank
        ) as examples
    from ranked
    cross join run
    group by ranked.open_question, ranked.source, ranked.system, ranked.incident_type
)

select * from final
order by contact_count desc, open_question asc, source asc, system asc, incident_type asc
