{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='customer_id', on_schema_change='fail') }}
-- depends_on: {{ ref('int_run') }}

-- One row per customer: the record of the latest delivery (day, then file name, then load and record number).
with deliveries as (
    select * from {{ ref('stg_customers__customers') }}
    {% if is_incremental() %}
    where customer_id in (
        select new_deliveries.customer_id
        from {{ ref('stg_customers__customers') }} as new_deliveries
        where {{ is_new_delivery('new_deliveries') }}
    )
    {% endif %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by delivered_on desc, _file_name desc, _load_no desc, _record_no desc
        ) as delivery_rank
    from deliveries
),

final as (
    select
        customer_id,
        address_hashes,
        relationship_started_on,
        relationship_ended_on,
        preferred_language,
        _file_sha256,
        _record_no
    from ranked
    where delivery_rank = 1
)

select * from final
