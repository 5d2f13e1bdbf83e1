-- One row per rated ticket on which the customer and the company disagree: called bad where the company says that it
-- is forgotten or none, called good where it says that it is grave.
with incidents as (
    select * from {{ ref('fct_incident') }}
    where rating is not null
),

dismissed as (
    select * from {{ ref('int_reviews') }}
    where is_current and is_no_incident
),

versions as (
    select
        versions.contact_id,
        versions.customer_id,
        versions.rating,
        versions.occurred_on,
        row_number() over (
            partition by versions.contact_id
            order by {{ newest_version_first('versions') }}
        ) as version_rank
    from {{ ref('int_contact_versions') }} as versions
    cross join {{ ref('int_run') }} as run
    where
        versions.rating is not null
        and versions.visible_on <= run.as_of_on
        and versions.contact_id in (select dismissed.contact_id from dismissed)
),

opinions as (
    select
        incident_id as contact_id,
        customer_id,
        incident_type,
        case when reclassification_reason = 'review' then category else type_category end as company_opinion,
        rating as customer_opinion,
        decided_by,
        decided_reason,
        occurred_on
    from incidents
    union all
    select
        versions.contact_id,
        versions.customer_id,
        cast(null as varchar) as incident_type,
        'no_incident' as company_opinion,
        versions.rating as customer_opinion,
        dismissed.decided_by,
        dismissed.reason as decided_reason,
        versions.occurred_on
    from versions
    inner join dismissed on versions.contact_id = dismissed.contact_id
    where versions.version_rank = 1
),

final as (
    select * from opinions
    where
        (customer_opinion = 'bad' and company_opinion in ('transient', 'no_incident'))
        or (customer_opinion = 'good' and company_opinion = 'cumulative')
)

select * from final
