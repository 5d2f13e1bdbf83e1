{{ config(tags=['python_macro']) }}

-- One row per merge that is known on the as-of date: whether it is the one that holds for its customer (the latest,
-- by its day, then of the delivery, then the file's name and the record), whom that customer is today, and with whom
-- else any merge ever connected the two. And whether it was the one that held for the last published run, so that a
-- file that is delivered again touches nobody.
with run as (
    select * from {{ ref('int_run') }}
),

customer_merges as (
    select
        customer_merges.*,
        customer_merges._load_no <= run.since_load_no
        and customer_merges.merged_on <= run.since_as_of_on
        and customer_merges.delivered_on <= run.since_as_of_on as was_known
    from {{ ref('stg_customer_merges__merges') }} as customer_merges
    cross join run
    where customer_merges.merged_on <= run.as_of_on and customer_merges.delivered_on <= run.as_of_on
),

ranked as (
    select
        *,
        row_number() over (
            partition by from_customer_id
            order by {{ newest_merge_first('customer_merges') }}
        ) as merge_rank,
        row_number() over (
            partition by from_customer_id, was_known
            order by {{ newest_merge_first('customer_merges') }}
        ) as former_rank
    from customer_merges
),

known_customers as (
    select list(customer_id order by customer_id) as customer_ids
    from {{ ref('int_customer_records') }}
    where
        customer_id in (
            select customer_merges.from_customer_id from customer_merges
            union distinct
            select customer_merges.to_customer_id from customer_merges
        )
),

holding as (
    select
        list(from_customer_id order by from_customer_id) as from_ids,
        list(to_customer_id order by from_customer_id) as to_ids
    from ranked
    where merge_rank = 1
),

followed as (
    select
        unnest(holding.from_ids) as from_customer_id,
        unnest(current_customers(holding.from_ids, holding.to_ids, known_customers.customer_ids))
            as current_customer_id
    from holding
    cross join known_customers
),

pairs as (
    select distinct
        from_customer_id,
        to_customer_id
    from customer_merges
),

pair_lists as (
    select
        list(from_customer_id order by from_customer_id, to_customer_id) as from_ids,
        list(to_customer_id order by from_customer_id, to_customer_id) as to_ids
    from pairs
),

connected as (
    select
        unnest(from_ids) as from_customer_id,
        unnest(to_ids) as to_customer_id,
        unnest(connected_customers(from_ids, to_ids)) as group_no
    from pair_lists
),

final as (
    select
        ranked.from_customer_id,
        ranked.to_customer_id,
        followed.current_customer_id,
        connected.group_no,
        ranked.merge_rank = 1 as is_current,
        coalesce(ranked.was_known, false) and ranked.former_rank = 1 as was_current,
        ranked.merged_on,
        ranked.delivered_on,
        ranked._file_name,
        ranked._file_sha256,
        ranked._record_no,
        ranked._load_no
    from ranked
    inner join followed on ranked.from_customer_id = followed.from_customer_id
    inner join connected
        on
            ranked.from_customer_id = connected.from_customer_id
            and ranked.to_customer_id = connected.to_customer_id
)

select * from final
