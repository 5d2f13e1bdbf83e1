-- One row per address that customers have today: whose it is, or that it is shared and decides nothing. What a
-- merged customer had is the other one's.
with addresses as (
    select
        customer_id,
        {{ split_to_rows('address_hashes') }} as address_hash
    from {{ ref('int_customer_records') }}
    where address_hashes <> ''
),

owned as (
    select
        addresses.address_hash,
        coalesce(customer_merges.current_customer_id, addresses.customer_id) as customer_id
    from addresses
    left join {{ ref('int_customer_merges') }} as customer_merges
        on
            addresses.customer_id = customer_merges.from_customer_id
            and customer_merges.is_current
),

final as (
    select
        address_hash,
        count(distinct customer_id) as owner_count,
        case when count(distinct customer_id) = 1 then min(customer_id) end as customer_id
    from owned
    group by address_hash
)

select * from final
