-- A line starts where the one before it in the same month ended, and only an account's first line is first.
with ledger as (
    select
        *,
        row_number() over (partition by customer_id order by occurred_at, incident_id) as line_no,
        lag(balance_after_points) over (
            partition by customer_id, {{ month_index('occurred_on') }}
            order by occurred_at, incident_id
        ) as last_balance_points
    from {{ checked_customers_of(ref('fct_tolerance_ledger')) }} as checked
)

select * from ledger
where
    balance_after_points <> balance_before_points - penalty_points
    or balance_before_points <> coalesce(last_balance_points, balance_before_points)
    or penalty_points <= 0
    or is_first_cumulative <> (line_no = 1)
    or turns_negative <> (balance_before_points >= 0 and balance_after_points < 0)
