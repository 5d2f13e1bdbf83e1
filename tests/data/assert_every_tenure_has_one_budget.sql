-- In every month, every tenure has exactly one budget, and the chosen preset exists.
with schedules as (
    select
        count(*) as schedule_count,
        {{ longest_tenure_months() }} + 1 as tenure_count
    from (select distinct budget_schedule_no from {{ ref('int_months') }}) as distinct_schedules
),

budgets as (
    select
        count(*) as budget_count,
        count(distinct budget_key) as key_count
    from {{ ref('int_tenure_budgets') }}
)

select
    schedules.schedule_count,
    budgets.budget_count
from schedules
cross join budgets
where
    schedules.schedule_count = 0
    or budgets.budget_count <> schedules.schedule_count * schedules.tenure_count
    or budgets.key_count <> budgets.budget_count
