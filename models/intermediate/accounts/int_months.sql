{{ config(materialized='table') }}

{%- set first_month = month_index_of_iso_date(var('earliest_plausible_on')) %}
{%- set last_month = month_index_of_iso_date(var('latest_plausible_on')) %}

-- One row per calendar month of the plausible dates: the powers of the decay and the budgets' schedule.
with series as (
    {{ integer_series(first_month, last_month, 'month_index') }}
),

bands as (
    select * from {{ ref('tolerance_budgets') }}
    where preset = '{{ var("budget_preset") }}'
),

changes as (
    select valid_from as changed_on from bands
    union distinct
    select valid_to as changed_on from bands
    where valid_to is not null
),

months as (
    select
        month_index,
        {{ month_start('month_index') }} as month_starts_on,
        {{ month_start('month_index - 1') }} as previous_month_starts_on
    from series
),

-- Tariffs are numbered by the changes that lie before them.
tariffs as (
    select
        months.month_index,
        months.month_starts_on,
        months.previous_month_starts_on,
        sum(case when changes.changed_on <= months.month_starts_on then 1 else 0 end) as tariff_no,
        sum(
            case when changes.changed_on <= months.previous_month_starts_on then 1 else 0 end
        ) as previous_tariff_no
    from months
    cross join changes
    group by months.month_index, months.month_starts_on, months.previous_month_starts_on
),

final as (
    select
        month_index,
        month_starts_on,
        previous_month_starts_on,
        -- Months with the same tariff now and a month before look their budgets up in the same rows.
        cast(
            2 * tariff_no + case when tariff_no = previous_tariff_no then 0 else 1 end as integer
        ) as budget_schedule_no,
        {{ decay_power('month_index') }} as decay_power,
        {{ decay_power('month_index - 1') }} as previous_decay_power,
        {{ decay_power('-month_index') }} as penalty_weight
    from tariffs
)

select * from final
