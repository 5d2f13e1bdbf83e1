-- One row per merge of customers that was delivered, however often, and what became of it: the bridge from a former
-- customer_id to the one of today.
with deliveries as (
    select
        *,
        row_number() over (
            partition by from_customer_id, to_customer_id, merged_on
            order by
                case when delivered_on <= (select run.as_of_on from {{ ref('int_run') }} as run) then 0 else 1 end,
                {{ newest_merge_first('deliveries') }}
        ) as delivery_rank
    from {{ ref('stg_customer_merges__merges') }} as deliveries
),

customer_merges as (
    select * from deliveries
    where delivery_rank = 1
),

known as (
    select * from {{ ref('int_customer_merges') }}
),

final as (
    select
        customer_merges.from_customer_id,
        customer_merges.to_customer_id,
        customer_merges.merged_on,
        case
            when known.from_customer_id is null then 'waits_for_its_day'
            when not known.is_current then 'replaced'
            when customer_merges.from_customer_id = customer_merges.to_customer_id then 'undone'
            when known.current_customer_id is null then 'leads_in_a_circle'
            when known.current_customer_id = known.from_customer_id then 'unknown_customer'
            else 'counts'
        end as status,
        case when known.is_current then known.current_customer_id end as current_customer_id,
        customer_merges._file_name as file_name,
        customer_merges._record_no as record_no
    from customer_merges
    left join known
        on
            customer_merges._file_sha256 = known._file_sha256
            and customer_merges._record_no = known._record_no
            and customer_merges._load_no = known._load_no
            and customer_merges._file_name = known._file_name
)

select * from final
