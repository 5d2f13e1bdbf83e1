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
