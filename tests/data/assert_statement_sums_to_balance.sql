-- The lines of a customer's statement sum to the balance of today, and everybody has one: some whom the run
-- computed, in a full rebuild all.
with statements as (
    select
        customer_id,
        sum(points) as points
    from {{ ref('fct_tolerance_statement') }}
    where {{ checked_customers(100) }}
    group by customer_id
),

current_accounts as (
    select * from {{ ref('fct_tolerance_current') }}
    where {{ checked_customers(100) }}
)

select
    current_accounts.customer_id,
    current_accounts.balance_points,
    statements.points
from current_accounts
left join statements on current_accounts.customer_id = statements.customer_id
where statements.points is null or statements.points <> current_accounts.balance_points
