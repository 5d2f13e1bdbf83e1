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

{% macro get_incremental_replace_touched_accounts_sql(arg_dict) -%}
    {#- replace_touched_rows for a table inside the engine, whose rows are found by the customer's number. -#}
    {{ replace_touched_rows(
        arg_dict['target_relation'],
        arg_dict['temp_relation'],
        arg_dict['dest_columns'],
        key='customer_no',
    ) }}
{%- endmacro %}

{% macro replace_touched_rows(target, new_rows, columns, key='customer_id') -%}
    {{ return(adapter.dispatch('replace_touched_rows')(target, new_rows, columns, key)) }}
{%- endmacro %}

{% macro default__replace_touched_rows(target, new_rows, columns, key) -%}
    {%- set column_list = columns | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where {{ key }} in (select touched.{{ key }} from {{ ref('int_touched_customers') }} as touched);

    insert into {{ target }} ({{ column_list }})
    select {{ column_list }} from {{ new_rows }}
{%- endmacro %}

{% macro get_incremental_replace_touched_alerts_sql(arg_dict) -%}
    {#-
      replace_touched_rows for fct_alert: an alert keeps the customer it was raised for, so its rows are found by
      the customer whom its incident burdens today; and one whose incident comes to a touched customer only
      now by being among the new rows.
    -#}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set new_rows = arg_dict['temp_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where
        current_customer_id in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched)
        or alert_id in (select alerts.alert_id from {{ new_rows }} as alerts);

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ new_rows }}
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
    {#- What decides a balance; no other column of so many rows is worth reading. -#}
    {%- set compared = [
        'customer_no', 'month_index', 'next_event_month_index', 'started_month_index', 'ended_month_index',
        'weighted_points', 'new_penalty_points', 'opening_remembered_points', 'remembered_points',
    ] | join(', ') -%}
    insert into {{ counts }} (
        month_index, balance_bucket, balance_micropoints, customer_count, rupture_count
    )
    with old_rows as materialized (
        select {{ compared }} from {{ target }}
        where customer_no in (select customer_no from {{ ref('int_touched_customers') }})
    ),

    new_rows as materialized (
        select {{ compared }} from {{ arg_dict['temp_relation'] }}
    ),

    gone as (
        select * from old_rows
        except
        select * from new_rows
    ),

    come as (
        select * from new_rows
        except
        select * from old_rows
    ),

    changed_rows as (
        select *, -1 as count_sign from gone
        union all
        select *, 1 as count_sign from come
    )

    {{ balance_counts('changed_rows', months_begun) | indent }}
    having sum(count_sign) <> 0 or sum(case when became_negative then count_sign else 0 end) <> 0;

    {{ replace_touched_rows(target, arg_dict['temp_relation'], arg_dict['dest_columns'], key='customer_no') }}
{%- endmacro %}
