{{ config(materialized='view') }}

-- One row per customer: who was merged into another customer is that one. The relationship began when the first of
-- the merged ones did, and ends when the one ends that is left.
with records as (
    select * from {{ ref('int_customer_records') }}
),

customer_merges as (
    select
        from_customer_id,
        current_customer_id
    from {{ ref('int_customer_merges') }}
    where is_current and current_customer_id <> from_customer_id
),

former as (
    select
        customer_merges.current_customer_id,
        min(records.relationship_started_on) as relationship_started_on
    from records
    inner join customer_merges on records.customer_id = customer_merges.from_customer_id
    group by customer_merges.current_customer_id
),

final as (
    select
        records.customer_id,
        records.customer_no,
        least(records.relationship_started_on, former.relationship_started_on) as relationship_started_on,
        records.relationship_ended_on,
        records.preferred_language,
        records.customer_value
    from records
    left join former on records.customer_id = former.current_customer_id
    where records.customer_id not in (select customer_merges.from_customer_id from customer_merges)
)

select * from final
