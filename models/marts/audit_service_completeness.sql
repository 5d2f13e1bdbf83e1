-- One row per service of the company and day of the last 13 weeks: what it sent, against its own habit.
with run as (
    select * from {{ ref('int_run') }}
),

contracts as (
    select * from {{ ref('stg_runs__contracts') }}
),

sent as (
    select
        service_days.source,
        coalesce(service_days.other_system, contracts.default_system, '') as system,
        coalesce(service_days.service_team, '') as team,
        service_days.visible_on as sent_on,
        cast(sum(service_days.records) as bigint) as records
    from {{ ref('int_service_days') }} as service_days
    cross join run
    left join contracts on service_days.source = contracts.source
    where service_days.visible_on <= run.as_of_on
    group by
        service_days.source,
        coalesce(service_days.other_system, contracts.default_system, ''),
        coalesce(service_days.service_team, ''),
        service_days.visible_on
),

services as (
    select
        source,
        system,
        team,
        min(sent_on) as first_sent_on
    from sent
    group by source, system, team
),

numbers as (
    {{ integer_series(0, 160, 'days_ago') }}
),

-- 13 weeks that are shown, the 8 weeks before each day that are its habit, and the week that each of those sums up.
days as (
    select
        services.*,
        run.as_of_on - numbers.days_ago as sent_on,
        numbers.days_ago
    from services
    cross join run
    cross join numbers
),

filled as (
    select
        days.source,
        days.system,
        days.team,
        days.first_sent_on,
        days.sent_on,
        days.days_ago,
        days.days_ago % 7 as weekday_no,
        coalesce(sent.records, 0) as records
    from days
    left join sent
        on
            days.source = sent.source
            and days.system = sent.system
            and days.team = sent.team
            and days.sent_on = sent.sent_on
),

summed as (
    select
        *,
        sum(records) over (
            partition by source, system, team
            order by sent_on
            rows between 6 preceding and current row
        ) as week_records,
        max(case when records > 0 then sent_on end) over (
            partition by source, system, team
            order by sent_on
            rows between unbounded preceding and current row
        ) as last_sent_on
    from filled
),

with_habit as (
    select
        *,
        median(records) over (
            partition by source, system, team, weekday_no
            order by sent_on
            rows between 8 preceding and 1 preceding
        ) as usual_records,
        median(week_records) over (
            partition by source, system, team, weekday_no
            order by sent_on
            rows between 8 preceding and 1 preceding
        ) as usual_week_records
    from summed
),

-- What should have come since the last record: a holiday is a day or two, a stop is more.
awaited as (
    select
        *,
        sum(case when records = 0 and usual_records >= 1 then 1 else 0 end) over (
            partition by source, system, team, last_sent_on
            order by sent_on
            rows between unbounded preceding and current row
        ) as awaited_days,
        sum(case when records = 0 then usual_records else 0 end) over (
            partition by source, system, team, last_sent_on
            order by sent_on
            rows between unbounded preceding and current row
        ) as awaited_records
    from with_habit
),

final as (
    select
        source,
        system,
        team,
        sent_on,
        records,
        cast(usual_records as double) as usual_records,
        cast(week_records as bigint) as week_records,
        cast(usual_week_records as double) as usual_week_records,
        last_sent_on,
        cast(awaited_days as integer) as awaited_days,
        case
            when {{ days_between('first_sent_on', 'sent_on') }} < 35 then 'new'
            when week_records = 0 and usual_week_records < 5 then 'quiet'
            when week_records = 0 or (awaited_days >= 3 and awaited_records >= 8) then 'silent'
            when usual_week_records >= 10 and week_records < 0.5 * usual_week_records then 'far_below'
            else 'usual'
        end as status
    from awaited
    where days_ago < 91 and sent_on >= first_sent_on
)

select * from final
