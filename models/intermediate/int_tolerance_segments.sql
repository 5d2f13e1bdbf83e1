{{ config(materialized='incremental', incremental_strategy='replace_touched_segments', on_schema_change='fail') }}
-- depends_on: {{ ref('int_touched_customers') }}, {{ ref('int_months') }}, {{ ref('int_span_months') }}
-- depends_on: {{ ref('int_tenure_budgets') }}

-- One row per customer and month with an incident that costs points: the account until the next such month.
with final as (
    select * from {{ ref('int_touched_segments') }}
)

select * from final
