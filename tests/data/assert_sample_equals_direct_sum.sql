{{ config(tags=['audit', 'duckdb_only']) }}

-- The published balances of the run's sample equal the direct sum in Python, by another algebra.
select * from {{ ref('audit_tolerance_sample') }}
where
    abs(balance_points - direct_balance_points) > 0.000001
    or balance_points <> coalesce(closing_points, balance_points)
