{{ config(materialized='view', meta={'is_published_as_view': true}) }}

-- One row per customer whose relation is broken: the account stands below 0, or the relationship has ended.
with accounts as (
    select * from {{ ref('fct_tolerance_current') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

final as (
    select
        accounts.customer_id,
        case when customers.relationship_ended_on <= accounts.as_of_on then 'lost' else 'ruptured' end as relation,
        row_number() over (
            order by customers.customer_value desc nulls last, accounts.balance_points asc, accounts.customer_id asc
        ) as winback_rank,
        customers.customer_value,
        accounts.balance_points,
        accounts.last_incident_on,
        customers.relationship_ended_on,
        accounts.tenure_months,
        customers.preferred_language
    from accounts
    inner join customers on accounts.customer_id = customers.customer_id
    where
        (accounts.is_active and accounts.is_negative)
        or customers.relationship_ended_on <= accounts.as_of_on
)

select * from final
