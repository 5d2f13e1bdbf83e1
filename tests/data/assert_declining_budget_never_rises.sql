-- The preset `declining` does what its name says: a longer tenure never has a higher budget.
with bands as (
    select * from {{ ref('tolerance_budgets') }}
    where preset = 'declining'
)

select
    shorter.tenure_months_from as shorter_tenure_months,
    longer.tenure_months_from as longer_tenure_months
from bands as shorter
inner join bands as longer
    on
        shorter.tenure_months_from < longer.tenure_months_from
        and longer.valid_from < coalesce(shorter.valid_to, date '9999-12-31')
        and shorter.valid_from < coalesce(longer.valid_to, date '9999-12-31')
where longer.budget_points > shorter.budget_points
