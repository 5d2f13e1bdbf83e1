{% macro is_new_delivery(delivery) -%}
    {#-
      Taken in, or come to its day, since the last published run. First by the loads' ids: they decide which files
      are opened, where the other conditions would be asked of every record that was ever delivered.
    -#}
    (
        {{ delivery }}._load_id in (
            select loads.load_id
            from {{ ref('stg_runs__loads') }} as loads
            cross join {{ ref('int_run') }} as run
            where loads.load_no > run.since_load_no or loads.delivered_on > run.since_as_of_on
        )
        and (
            {{ delivery }}._load_no > (select run.since_load_no from {{ ref('int_run') }} as run)
            or {{ delivery }}.delivered_on > (select run.since_as_of_on from {{ ref('int_run') }} as run)
        )
    )
{%- endmacro %}
