{{ config(materialized='incremental', incremental_strategy='append') }}

{% set is_new = is_new_delivery('deliveries') %}

-- One row per customer and address that any of the customer's records ever named.
with records as (
    select distinct
        customer_id,
        address_hashes
    from {{ ref('stg_customers__customers') }} as deliveries
    where address_hashes <> ''
    {% if is_incremental() %}
    and {{ is_new }}
    {% endif %}
),

addresses as (
    select
        customer_id,
        {{ split_to_rows('address_hashes') }} as address_hash
    from records
),

final as (
    select distinct
        addresses.customer_id,
        addresses.address_hash
    from addresses
    {% if is_incremental() %}
    -- Most are delivered every day again.
    left join {{ this }} as known
        on
            addresses.customer_id = known.customer_id
            and addresses.address_hash = known.address_hash
    where known.customer_id is null
    {% endif %}
)

select * from final
