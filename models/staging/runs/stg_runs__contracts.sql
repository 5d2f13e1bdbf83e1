-- One row per source: what its contract lets the readers of the warehouse see.
-- An id that its writer chose, as a mail's Message-ID, may hold an address: readers get file and record only.
with contracts as (
    select * from {{ below_state(source('runs', 'contracts')) }}
),

final as (
    select
        -- key
        source,

        -- attributes
        publishes_native_id,
        nullif(default_system, '') as default_system
    from contracts
)

select * from final
