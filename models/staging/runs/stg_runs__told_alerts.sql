-- One row per alert and date whose list told it.
with source as (
    {{ with_all_columns(
        below_state(source('runs', 'told_alerts')),
        [
            {'name': 'alert_id', 'data_type': 'varchar'},
            {'name': 'fingerprint', 'data_type': 'varchar'},
            {'name': 'told_on', 'data_type': 'date'},
            {'name': 'status', 'data_type': 'varchar'},
        ]
    ) | indent }}
),

final as (
    select
        -- key
        alert_id,
        told_on,

        -- attributes
        coalesce(fingerprint, '') as fingerprint,
        status
    from source
)

select * from final
