{{ config(materialized='incremental', incremental_strategy='append_counts', on_schema_change='fail') }}

-- One row per month, balance and change of its count: how many touched accounts closed the month at it.
-- The sums of the signed counts are exact. Here months are begun, for all accounts; in months begun,
-- int_tolerance_segments counts old rows out and new ones in, in the transaction that replaces them.
{%- set all_segments = '(select *, 1 as count_sign from ' ~ ref('int_tolerance_segments') ~ ') as counted' %}
{%- set unbegun_months %}
select
    begun.last_month_index + 1 as first_month_index,
    as_of.last_month_index
from (select max(month_index) as last_month_index from {{ this }}) as begun
cross join ({{ until_as_of_month() }}) as as_of
where begun.last_month_index is null or begun.last_month_index < as_of.last_month_index
{%- endset %}

with final as (
    {{ balance_counts(all_segments, unbegun_months if is_incremental() else until_as_of_month()) | indent }}
)

select * from final
