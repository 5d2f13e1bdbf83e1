{{ config(materialized='incremental', incremental_strategy='replace_rows', meta=replaces(_load_no='new_loads')) }}

-- One row per service, day and load: how many records it brought. By load, so that a day adds its own rows.
with run as (
    select * from {{ ref('int_run') }}
),

versions as (
    select * from {{ ref('int_contact_versions') }}
    {% if is_incremental() %}
    where _load_no > (select run.decided_load_no from run)
    {% endif %}
),

final as (
    select
        source,
        other_system,
        service_team,
        visible_on,
        _load_no,
        count(*) as records
    from versions
    group by source, other_system, service_team, visible_on, _load_no
)

select * from final
