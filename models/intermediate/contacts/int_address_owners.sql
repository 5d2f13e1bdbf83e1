-- One row per address that customers have today: whose it is, or that it is shared and decides nothing.
with addresses as (
    select
        customer_id,
        {{ split_to_rows('address_hashes') }} as address_hash
    from {{ ref('int_customers') }}
    where address_hashes <> ''
),

final as (
    select
        address_hash,
        count(distinct customer_id) as owner_count,
        case when count(distinct customer_id) = 1 then min(customer_id) end as customer_id
    from addresses
    group by address_hash
)

select * from final
