-- One row per source: how old it is on the as-of date, against its own habit.
with loads as (
    select * from {{ ref('stg_runs__loads') }}
),

contracts as (
    select * from {{ ref('stg_runs__contracts') }}
),

run as (
    select * from {{ ref('int_run') }}
),

newest as (
    select
        loads.source,
        max(case when loads.newest_event_on <= run.as_of_on then loads.newest_event_on end) as newest_event_on,
        max(loads.loaded_as_of_on) as last_loaded_as_of_on
    from loads
    cross join run
    group by loads.source
),

delivery_days as (
    select distinct
        source,
        delivered_on
    from loads
    where status in ('loaded', 'loaded_with_quarantine', 'already_loaded')
),

ranked as (
    select
        source,
        delivered_on,
        lag(delivered_on) over (partition by source order by delivered_on) as previous_on,
        row_number() over (partition by source order by delivered_on desc) as newest_first
    from delivery_days
),

-- The habit is of late: the gaps before the last 20 are forgotten.
gaps as (
    select
        source,
        delivered_on,
        case when newest_first <= 20 then {{ days_between('previous_on', 'delivered_on') }} end as gap_days
    from ranked
),

habits as (
    select
        source,
        max(delivered_on) as last_delivered_on,
        case when count(gap_days) >= 3 then cast(ceil(median(gap_days)) as integer) end as usual_gap_days,
        case when count(gap_days) >= 3 then cast(max(gap_days) as integer) end as longest_gap_days
    from gaps
    group by source
),

ages as (
    select
        contracts.source,
        run.as_of_on,
        newest.newest_event_on,
        habits.last_delivered_on,
        newest.last_loaded_as_of_on,
        cast({{ days_between('habits.last_delivered_on', 'run.as_of_on') }} as integer) as days_since_delivery,
        habits.usual_gap_days,
        habits.longest_gap_days
    from contracts
    cross join run
    left join newest on contracts.source = newest.source
    left join habits on contracts.source = habits.source
),

final as (
    select
        source,
        as_of_on,
        newest_event_on,
        last_delivered_on,
        last_loaded_as_of_on,
        days_since_delivery,
        usual_gap_days,
        longest_gap_days,
        cast(last_delivered_on + usual_gap_days as date) as expected_on,
        case
            when days_since_delivery > usual_gap_days then days_since_delivery - usual_gap_days
            when usual_gap_days is not null then 0
        end as days_late,
        case
            when last_delivered_on is null then 'never'
            when usual_gap_days is null then 'no_habit'
            when days_since_delivery > longest_gap_days then 'late'
            else 'on_time'
        end as status
    from ages
)

select * from final
