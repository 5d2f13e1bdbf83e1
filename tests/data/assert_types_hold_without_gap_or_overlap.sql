{{ config(tags=['staging']) }}

-- The rows of a type hold one after the other, each to the first day of the next: in a gap cumulative incidents
-- would cost nothing, in an overlap they would count twice. To pause a type give it a row that costs nothing.
with entries as (
    select
        incident_type,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by incident_type order by valid_from) as next_valid_from
    from {{ ref('incident_types') }}
)

select * from entries
where
    valid_from is null
    or valid_to <= valid_from
    or (next_valid_from is not null and (valid_to is null or valid_to <> next_valid_from))
