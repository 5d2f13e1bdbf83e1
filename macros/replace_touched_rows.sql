{% macro get_incremental_replace_touched_rows_sql(arg_dict) -%}
    {#-
      The project's own incremental strategy: in one transaction, delete all rows of the customers
      that the run recomputes, then insert what was computed for them, also when that is nothing.

      Stock delete+insert deletes by the ids of the new rows, so an incident that was deleted or
      moved to another customer would stay. What is touched is known since the last PUBLISHED run:
      a repeated run, or one after a kill, replaces the same rows again and changes nothing.
    -#}
    {{ replace_touched_rows(
        arg_dict['target_relation'],
        arg_dict['temp_relation'],
        arg_dict['dest_columns'],
    ) }}
{%- endmacro %}

{% macro replace_touched_rows(target, new_rows, columns) -%}
    {{ return(adapter.dispatch('replace_touched_rows')(target, new_rows, columns)) }}
{%- endmacro %}

{% macro default__replace_touched_rows(target, new_rows, columns) -%}
    {%- set column_list = columns | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where customer_id in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched);

    insert into {{ target }} ({{ column_list }})
    select {{ column_list }} from {{ new_rows }}
{%- endmacro %}

{% macro get_incremental_replace_touched_segments_sql(arg_dict) -%}
    {#-
      replace_touched_rows for int_tolerance_segments, which also keeps int_balance_counts true: in the
      same transaction what the touched accounts counted for goes out, and what they count for now comes
      in. So a run that is killed or repeated counts nothing twice, and no run reads all accounts again.
    -#}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set counts = target.incorporate(path={'identifier': 'int_balance_counts'}) -%}
    {%- set months_begun -%}
        select
            cast(null as integer) as first_month_index,
            max(month_index) as last_month_index
        from {{ counts }}
        having max(month_index) is not null
    {%- endset -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set old_rows -%}
        select {{ columns }} from {{ target }}
        where customer_id in (select customer_id from {{ ref('int_touched_customers') }})
    {%- endset -%}
    {%- set new_rows -%}
        select {{ columns }} from {{ arg_dict['temp_relation'] }}
    {%- endset -%}
    insert into {{ counts }} (
        month_index, balance_bucket, balance_micropoints, customer_count, rupture_count
    )
    select
        month_index,
        balance_bucket,
        balance_micropoints,
        sum(customer_count),
        sum(rupture_count)
    from (
        {{ balance_counts('(' ~ old_rows ~ ' except ' ~ new_rows ~ ') as gone', months_begun, -1) }}
        union all
        {{ balance_counts('(' ~ new_rows ~ ' except ' ~ old_rows ~ ') as come', months_begun, 1) }}
    ) as changes
    group by month_index, balance_bucket, balance_micropoints
    having sum(customer_count) <> 0 or sum(rupture_count) <> 0;

    {{ get_incremental_replace_touched_rows_sql(arg_dict) }}
{%- endmacro %}
