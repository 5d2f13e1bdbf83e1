{{ config(materialized='incremental', incremental_strategy='replace_rows', meta=replaces(month_index='all_if_any')) }}

-- One row per month, from the first month of any touched account to the as-of month: all active customers.
-- Touched accounts are counted by balance in int_balance_counts, so that no account is read here; and when
-- nobody is touched and no month begins, nothing is.
with customers as (
    select * from {{ ref('int_customers') }}
),

touched as (
    select * from {{ ref('int_touched_customers') }}
),

segments as (
    select * from {{ ref('int_tolerance_segments') }}
),

months as (
    select * from {{ ref('int_months') }}
),

budgets as (
    select * from {{ ref('int_tenure_budgets') }}
),

-- One row, or none when the statistics of the last run still hold.
due_run as (
    select
        as_of_on,
        {{ month_index('as_of_on') }} as as_of_month_index
    from {{ ref('int_run') }}
    {% if is_incremental() %}
    where
        exists (select 1 from touched)
        or {{ month_index('as_of_on') }} > (select max(month_index) from {{ this }})
    {% endif %}
),

-- Whole points are few; the quantiles then look only into the point that each of them falls in. The counts
-- are read once for each, without an import: what two read, DuckDB would first write down, row by row.
touched_buckets as (
    select
        counts.month_index,
        counts.balance_bucket,
        sum(counts.customer_count) as customer_count,
        sum(counts.customer_count) as touched_count,
        sum(counts.rupture_count) as rupture_count,
        sum(counts.balance_micropoints * counts.customer_count) as balance_micropoints_sum
    from {{ ref('int_balance_counts') }} as counts
    cross join due_run
    group by counts.month_index, counts.balance_bucket
),

-- A company without any incident still has its as-of month. An incident before the relationship's start
-- counts, so the first month may be one of a customer who is not active yet.
period as (
    select
        due_run.as_of_month_index,
        coalesce(
            min(case when touched_buckets.customer_count > 0 then touched_buckets.month_index end),
            due_run.as_of_month_index
        ) as first_month_index
    from due_run
    left join touched_buckets on 1 = 1
    group by due_run.as_of_month_index
),

-- Active from the relationship's start (always, when it is unknown) to its end, as if never touched ...
active_spans as (
    select
        {{ month_index('relationship_started_on') }} as started_month_index,
        {{ month_index('relationship_ended_on') }} as ended_month_index,
        cast(null as integer) as touched_month_index,
        customer_count
    from (
        select
            customers.relationship_started_on,
            customers.relationship_ended_on,
            count(*) as customer_count
        from customers
        cross join due_run
        where coalesce(customers.relationship_started_on, due_run.as_of_on) <= due_run.as_of_on
        group by customers.relationship_started_on, customers.relationship_ended_on
    ) as active_customers
),

-- ... less the months from the first incident on.
touched_spans as (
    select
        segments.started_month_index,
        segments.ended_month_index,
        segments.month_index as touched_month_index,
        -count(*) as customer_count
    from segments
    cross join due_run
    where
        segments.is_first_segment
        and coalesce(segments.relationship_started_on, due_run.as_of_on) <= due_run.as_of_on
    group by segments.started_month_index, segments.ended_month_index, segments.month_index
),

signed_spans as (
    select * from active_spans
    union all
    select * from touched_spans
),

untouched_spans as (
    select
        signed_spans.started_month_index,
        greatest(
            coalesce(signed_spans.started_month_index, period.first_month_index),
            coalesce(signed_spans.touched_month_index, period.first_month_index),
            period.first_month_index
        ) as from_month_index,
        least(
            coalesce(signed_spans.ended_month_index, period.as_of_month_index),
            period.as_of_month_index
        ) as until_month_index,
        signed_spans.customer_count
    from signed_spans
    cross join period
),

-- Who starts in the same month has the same tenure in every month. Such customers are counted by what their
-- number changes by.
changes_of_untouched as (
    select
        started_month_index,
        month_index,
        sum(customer_count) as customer_count
    from (
        select
            started_month_index,
            from_month_index as month_index,
            customer_count
        from untouched_spans
        where from_month_index <= until_month_index
        union all
        select
            started_month_index,
            until_month_index + 1 as month_index,
            -customer_count as customer_count
        from untouched_spans
        where from_month_index <= until_month_index
    ) as signed_changes
    group by started_month_index, month_index
),

untouched as (
    select
        starts.started_month_index,
        months.month_index,
        months.budget_schedule_no,
        sum(changes.customer_count) over (
            partition by starts.started_month_index
            order by months.month_index
            rows between unbounded preceding and current row
        ) as customer_count
    from (select distinct started_month_index from changes_of_untouched) as starts
    cross join period
    inner join months
        on
            period.first_month_index <= months.month_index
            and period.as_of_month_index >= months.month_index
    left join changes_of_untouched as changes
        on
            starts.started_month_index is not distinct from changes.started_month_index
            and months.month_index = changes.month_index
),

untouched_balances as (
    select
        untouched.month_index,
        cast(floor(budgets.budget_points) as integer) as balance_bucket,
        cast(budgets.budget_points * 1000000 as bigint) as balance_micropoints,
        sum(untouched.customer_count) as customer_count
    from untouched
    inner join budgets
        on
            {{ budget_key(
                'untouched.budget_schedule_no',
                tenure_in_month('untouched.month_index', 'untouched.started_month_index'),
            ) }} = budgets.budget_key
    group by untouched.month_index, budgets.budget_points
    having sum(untouched.customer_count) <> 0
),

all_buckets as (
    select * from touched_buckets
    union all
    select
        month_index,
        balance_bucket,
        customer_count,
        0 as touched_count,
        0 as rupture_count,
        balance_micropoints * customer_count as balance_micropoints_sum
    from untouched_balances
),

buckets as (
    select
        month_index,
        balance_bucket,
        sum(customer_count) as customer_count,
        sum(touched_count) as touched_count,
        sum(rupture_count) as rupture_count,
        sum(balance_micropoints_sum) as balance_micropoints_sum
    from all_buckets
    group by month_index, balance_bucket
    having sum(customer_count) <> 0
),

statistics as (
    select
        month_index,
        cast(sum(customer_count) as bigint) as active_customers,
        cast(sum(touched_count) as bigint) as touched_customers,
        cast(sum(case when balance_bucket < 0 then customer_count else 0 end) as bigint)
            as negative_customers,
        cast(sum(rupture_count) as bigint) as ruptures,
        cast(sum(balance_micropoints_sum) * cast(0.000001 as {{ points_type() }}) as decimal(38, 6))
            as balance_points_sum
    from buckets
    group by month_index
),

ranked_buckets as (
    select
        month_index,
        balance_bucket,
        customer_count,
        sum(customer_count) over (
            partition by month_index
            order by balance_bucket
            rows between unbounded preceding and current row
        ) as customers_up_to_here,
        sum(customer_count) over (partition by month_index) as customers_of_month
    from buckets
),

-- Discrete quantiles: the smallest balance that at least this share (1 in 20, 1 in 2) do not exceed.
shares as (
    select 20 as one_in
    union all
    select 2 as one_in
),

quantile_buckets as (
    select
        ranked_buckets.month_index,
        ranked_buckets.balance_bucket,
        shares.one_in,
        ranked_buckets.customers_of_month,
        ranked_buckets.customers_up_to_here - ranked_buckets.customer_count as customers_below
    from ranked_buckets
    cross join shares
    where
        ranked_buckets.customers_up_to_here * shares.one_in >= ranked_buckets.customers_of_month
        and (ranked_buckets.customers_up_to_here - ranked_buckets.customer_count) * shares.one_in
        < ranked_buckets.customers_of_month
),

balances_in_quantile_buckets as (
    select
        quantile_buckets.month_index,
        quantile_buckets.one_in,
        quantile_buckets.customers_of_month,
        quantile_buckets.customers_below,
        balances.balance_micropoints,
        sum(balances.customer_count) as customer_count
    from (
        select
            month_index,
            balance_bucket,
            balance_micropoints,
            customer_count
        from {{ ref('int_balance_counts') }}
        union all
        select
            month_index,
            balance_bucket,
            balance_micropoints,
            customer_count
        from untouched_balances
    ) as balances
    inner join quantile_buckets
        on
            balances.month_index = quantile_buckets.month_index
            and balances.balance_bucket = quantile_buckets.balance_bucket
    group by
        quantile_buckets.month_index,
        quantile_buckets.one_in,
        quantile_buckets.customers_of_month,
        quantile_buckets.customers_below,
        balances.balance_micropoints
),

ranked_balances as (
    select
        *,
        customers_below + sum(customer_count) over (
            partition by month_index, one_in
            order by balance_micropoints
            rows between unbounded preceding and current row
        ) as customers_up_to_here
    from balances_in_quantile_buckets
    where customer_count > 0
),

quantiles as (
    select
        month_index,
        min(case when one_in = 20 then balance_micropoints end) * cast(0.000001 as {{ points_type() }})
            as balance_points_p05,
        min(case when one_in = 2 then balance_micropoints end) * cast(0.000001 as {{ points_type() }})
            as balance_points_p50
    from ranked_balances
    where customers_up_to_here * one_in >= customers_of_month
    group by month_index
),

final as (
    select
        months.month_index,
        months.month_starts_on as balance_month,
        coalesce(statistics.active_customers, 0) as active_customers,
        coalesce(statistics.touched_customers, 0) as touched_customers,
        coalesce(statistics.negative_customers, 0) as negative_customers,
        coalesce(statistics.ruptures, 0) as ruptures,
        coalesce(statistics.balance_points_sum, 0) as balance_points_sum,
        cast(statistics.balance_points_sum / statistics.active_customers as {{ points_type() }})
            as balance_points_mean,
        cast(quantiles.balance_points_p05 as {{ points_type() }}) as balance_points_p05,
        cast(quantiles.balance_points_p50 as {{ points_type() }}) as balance_points_p50
    from period
    inner join months
        on
            period.first_month_index <= months.month_index
            and period.as_of_month_index >= months.month_index
    left join statistics on months.month_index = statistics.month_index
    left join quantiles on months.month_index = quantiles.month_index
)

select * from final
