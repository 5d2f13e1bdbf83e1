{%- set longest = month_index_of_iso_date(var('latest_plausible_on'))
    - month_index_of_iso_date(var('earliest_plausible_on')) %}

-- One row per length of a span of months and month in it. Joining on the length expands spans by equality.
with lengths as (
    {{ integer_series(0, longest, 'last_month_offset') }}
),

offsets as (
    {{ integer_series(0, longest, 'month_offset') }}
),

final as (
    select
        lengths.last_month_offset,
        offsets.month_offset
    from lengths
    inner join offsets on lengths.last_month_offset >= offsets.month_offset
)

select * from final
