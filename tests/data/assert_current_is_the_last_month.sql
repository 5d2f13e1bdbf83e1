-- Today's balance is the closing of the account's last month, and the budget where there is none.
with last_months as (
    select
        customer_id,
        balance_month,
        closing_points,
        limit_crossed_by_tenure,
        row_number() over (partition by customer_id order by balance_month desc) as recency
    from {{ checked_months() }} as monthly
),

current_accounts as (
    select * from {{ checked_customers_of(ref('fct_tolerance_current')) }} as checked
)

select
    current_accounts.customer_id,
    current_accounts.balance_points,
    last_months.closing_points
from current_accounts
left join last_months
    on
        current_accounts.customer_id = last_months.customer_id
        and last_months.recency = 1
where
    current_accounts.balance_points <> coalesce(last_months.closing_points, current_accounts.budget_points)
    or current_accounts.balance_points <> current_accounts.budget_points - current_accounts.remembered_points
    or current_accounts.is_negative <> (current_accounts.balance_points < 0)
    or current_accounts.limit_crossed_by_tenure <> coalesce(last_months.limit_crossed_by_tenure, false)
    or {{ month_index('last_months.balance_month') }} <> {{ month_index('current_accounts.balance_on') }}
