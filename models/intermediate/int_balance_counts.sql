{{ config(materialized='incremental', incremental_strategy='replace_all_rows', on_schema_change='fail') }}

-- One row per month, balance and change of its count: how many touched accounts closed the month at it.
-- The sums of the signed counts are exact. Here months are begun, for all accounts, and earlier counts summed
-- up; in months begun, int_tolerance_segments counts old rows out and new ones in, in the transaction that
-- replaces them.
{%- set unbegun_months %}
select
    begun.last_month_index + 1 as first_month_index,
    as_of.last_month_index
from (select max(month_index) as last_month_index from {{ this }}) as begun
cross join ({{ until_as_of_month() }}) as as_of
where begun.last_month_index is null or begun.last_month_index < as_of.last_month_index
{%- endset %}

{%- set all_segments = '(select *, 1 as count_sign from ' ~ ref('int_tolerance_segments') ~ ') as counted' %}
{%- if is_incremental() %}

with begun_months as (
    {{ balance_counts(all_segments, unbegun_months) | indent }}
),

counts as (
    select * from begun_months
    union all
    select
        earlier.month_index,
        earlier.balance_bucket,
        earlier.balance_micropoints,
        earlier.customer_count,
        earlier.rupture_count
    from {{ this }} as earlier
    cross join ({{ unbegun_months }}) as unbegun
),

final as (
    select
        month_index,
        balance_bucket,
        balance_micropoints,
        cast(sum(customer_count) as integer) as customer_count,
        cast(sum(rupture_count) as integer) as rupture_count
    from counts
    group by month_index, balance_bucket, balance_micropoints
    having sum(customer_count) <> 0 or sum(rupture_count) <> 0
)

{%- else %}

with final as (
    {{ balance_counts(all_segments, until_as_of_month()) | indent }}
)

{%- endif %}

select * from final
