{{ config(materialized='incremental', incremental_strategy='replace_rows', meta=replaces(run_no='unpublished_runs')) }}

-- One row per run, month and balance: by how many accounts the run changed the number of those that closed the
-- month at it. The sums of the signed counts are exact. In months that published runs have begun, versions of
-- segments that the run opened are counted in and those that it closed out; the months after them for all accounts.
-- By equality, so that the versions of other runs are not even read.
{%- set standing_segments = '(select *, 1 as count_sign from ' ~ ref('int_tolerance_segments') ~ ') as standing' %}
{%- set changed_segments %}
(
    select
        opened.*,
        1 as count_sign
    from {{ ref('int_segment_versions') }} as opened
    inner join {{ ref('int_run') }} as run on opened.opened_run_no = run.run_no
    union all
    select
        closed.*,
        -1 as count_sign
    from {{ ref('int_segment_versions') }} as closed
    inner join {{ ref('int_run') }} as run on closed.closed_run_no = run.run_no
) as changed
{%- endset %}
{%- set months_begun %}
select
    cast(null as integer) as first_month_index,
    last_month_index
from published_months
where last_month_index is not null
{%- endset %}
{%- set months_not_begun %}
select
    published_months.last_month_index + 1 as first_month_index,
    as_of.last_month_index
from published_months
cross join ({{ until_as_of_month() }}) as as_of
where published_months.last_month_index is null or published_months.last_month_index < as_of.last_month_index
{%- endset %}

{% if is_incremental() %}
with run as (
    select * from {{ ref('int_run') }}
),

published_months as (
    select {{ month_index('since_as_of_on') }} as last_month_index
    from run
),

changes as (
    {{ balance_counts(changed_segments, months_begun) | indent }}
    having sum(count_sign) <> 0 or sum(case when became_negative then count_sign else 0 end) <> 0
),

begun as (
    {{ balance_counts(standing_segments, months_not_begun) | indent }}
),

-- Otherwise the table would grow for good. Due when more than a quarter of its rows take away, about once a month;
-- sums bear the number 0, and with it they replace what they sum up.
summed_up as (
    select
        month_index,
        balance_bucket,
        balance_micropoints,
        cast(sum(customer_count) as integer) as customer_count,
        cast(sum(rupture_count) as integer) as rupture_count
    from {{ this }}
    cross join (
        select run.since_run_no
        from {{ this }} as counted
        cross join run
        where counted.run_no <= run.since_run_no
        group by run.since_run_no
        having sum(case when counted.customer_count < 0 then 4 else 0 end) > count(*)
    ) as due
    where run_no <= due.since_run_no
    group by month_index, balance_bucket, balance_micropoints
    having sum(customer_count) <> 0 or sum(rupture_count) <> 0
),

final as (
    select
        run.run_no,
        changes.*
    from changes
    cross join run
    union all
    select
        run.run_no,
        begun.*
    from begun
    cross join run
    union all
    select
        0 as run_no,
        summed_up.*
    from summed_up
)
{% else %}
with counts as (
    {{ balance_counts(standing_segments, until_as_of_month()) | indent }}
),

final as (
    select
        0 as run_no,
        counts.*
    from counts
)
{% endif %}

select * from final
