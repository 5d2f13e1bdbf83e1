{{ config(materialized='table') }}

-- One row per budget schedule and whole month of tenure: the budget in a month and in the month before.
with bands as (
    select * from {{ ref('tolerance_budgets') }}
    where preset = '{{ var("budget_preset") }}'
),

tenures as (
    {{ integer_series(0, longest_tenure_months(), 'tenure_months') }}
),

-- Any month of a schedule will do: within one, the same bands hold.
schedules as (
    select
        budget_schedule_no,
        min(month_starts_on) as month_starts_on,
        min(previous_month_starts_on) as previous_month_starts_on
    from {{ ref('int_months') }}
    group by budget_schedule_no
),

final as (
    select
        {{ budget_key('schedules.budget_schedule_no', 'tenures.tenure_months') }} as budget_key,
        schedules.budget_schedule_no,
        tenures.tenure_months,
        bands.budget_points,
        previous_bands.budget_points as previous_budget_points
    from schedules
    cross join tenures
    inner join bands
        on
            tenures.tenure_months >= bands.tenure_months_from
            and (tenures.tenure_months < bands.tenure_months_to or bands.tenure_months_to is null)
            and schedules.month_starts_on >= bands.valid_from
            and (schedules.month_starts_on < bands.valid_to or bands.valid_to is null)
    inner join bands as previous_bands
        on
            greatest(0, tenures.tenure_months - 1) >= previous_bands.tenure_months_from
            and (
                greatest(0, tenures.tenure_months - 1) < previous_bands.tenure_months_to
                or previous_bands.tenure_months_to is null
            )
            and schedules.previous_month_starts_on >= previous_bands.valid_from
            and (
                schedules.previous_month_starts_on < previous_bands.valid_to
                or previous_bands.valid_to is null
            )
)

select * from final
