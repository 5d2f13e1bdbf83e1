{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    meta=replaces(customer_no='touched_accounts'),
) }}

{% set segment = [
    'customer_id', 'customer_no', 'month_index', 'next_event_month_index', 'relationship_started_on',
    'started_month_index', 'ended_month_index', 'is_first_segment', 'incident_count', 'last_occurred_on',
    'weighted_points', 'new_penalty_points', 'opening_remembered_points', 'remembered_points',
] %}
{#- What decides a balance tells one version from the next; of one that is closed no more is read and kept. -#}
{%- set deciding = [
    'customer_no', 'month_index', 'next_event_month_index', 'started_month_index', 'ended_month_index',
    'weighted_points', 'new_penalty_points', 'opening_remembered_points', 'remembered_points',
] %}

-- One row per version of a segment: which run opened it and, where another one stands in its place or none, which
-- run closed it. A version that a run closes stays until its customer is touched again, so that
-- int_balance_counts sees what to take away.
with run as (
    select * from {{ ref('int_run') }}
),

touched_segments as (
    select
        {{ segment | join(',\n        ') }}
    from {{ ref('int_touched_segments') }}
),

{% if is_incremental() %}
-- As the last published run left them, whatever attempts have written since.
published as (
    select
        {{ deciding | join(',\n        ') }},
        opened_run_no
    from {{ this }}
    cross join run
    where
        customer_no in (select touched.customer_no from {{ ref('int_touched_customers') }} as touched)
        and opened_run_no <= run.since_run_no
        and (closed_run_no is null or closed_run_no > run.since_run_no)
),

unchanged as (
    select
        published.customer_no,
        published.month_index,
        published.opened_run_no
    from published
    inner join touched_segments
        on
            published.customer_no = touched_segments.customer_no
            and published.month_index = touched_segments.month_index
            {%- for column in deciding[2:] %}
            and published.{{ column }} is not distinct from touched_segments.{{ column }}
            {%- endfor %}
),

standing as (
    select
        touched_segments.*,
        coalesce(unchanged.opened_run_no, run.run_no) as opened_run_no,
        cast(null as integer) as closed_run_no
    from touched_segments
    cross join run
    left join unchanged
        on
            touched_segments.customer_no = unchanged.customer_no
            and touched_segments.month_index = unchanged.month_index
),

closed as (
    select
        {%- for column in segment %}
        {{ 'published.' ~ column if column in deciding else 'null as ' ~ column }},
        {%- endfor %}
        published.opened_run_no,
        run.run_no as closed_run_no
    from published
    cross join run
    left join unchanged
        on
            published.customer_no = unchanged.customer_no
            and published.month_index = unchanged.month_index
    where unchanged.customer_no is null
),

versions as (
    select * from standing
    union all
    select * from closed
),
{% else %}
-- Rebuilt: no run opened them, and all counts start with them.
versions as (
    select
        *,
        0 as opened_run_no,
        cast(null as integer) as closed_run_no
    from touched_segments
),
{% endif %}

final as (
    select
        {{ segment | join(',\n        ') }},
        opened_run_no,
        closed_run_no
    from versions
)

select * from final
