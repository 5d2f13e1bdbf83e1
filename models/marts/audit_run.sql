-- One row per step that began, of all earlier runs and of this one so far.
with steps as (
    select
        *,
        row_number() over (order by started_at desc, step_no desc) as newest_first
    from {{ ref('stg_runs__steps') }}
),

runs as (
    select * from {{ ref('stg_runs__runs') }}
),

final as (
    select
        steps.as_of_on,
        steps.step_no,
        steps.step,
        steps.source,
        steps.run_no,
        runs.generation_id,
        runs.full_rebuild_reason is not null as is_full_rebuild,
        case
            when steps.outcome is not null then steps.outcome
            -- This table is made by a step that has not ended.
            when steps.newest_first = 1 then 'under_way'
            else 'killed'
        end as outcome,
        {{ as_instant('steps.started_at') }} as started_at,
        steps.wall_seconds,
        steps.cpu_seconds,
        steps.peak_mb,
        steps.row_count
    from steps
    left join runs on steps.run_no = runs.run_no
)

select * from final
