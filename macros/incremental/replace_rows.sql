{#-
  The project's own incremental strategy: in one transaction, delete the rows that a model's config declares and
  insert what the model computed, also when that is nothing.

  Stock delete+insert deletes by the ids of the new rows, so an incident that was deleted or moved to another
  customer would stay. What a run replaces is known since the last PUBLISHED run: a repeated run, or one after
  a kill, replaces the same rows again and changes nothing.
-#}
{% macro replaces() -%}
    {#-
      What a model's config says of the rows that replace_rows deletes, as column='row set', any of several:
      config(incremental_strategy='replace_rows', meta=replaces(customer_id='touched_customers')).
      It also draws the edges of the graph to the models that know the row set.
    -#}
    {%- for column, row_set in kwargs.items() -%}
        {%- do is_in_row_set(column, row_set, this) -%}
    {%- endfor -%}
    {{ return({'replaces': kwargs}) }}
{%- endmacro %}

{% macro get_incremental_replace_rows_sql(arg_dict) -%}
    {{ replace_rows(
        arg_dict['target_relation'],
        arg_dict['temp_relation'],
        arg_dict['dest_columns'],
        model.config.meta.replaces,
    ) }}
{%- endmacro %}

{% macro replace_rows(target, new_rows, columns, replaced) -%}
    {{ return(adapter.dispatch('replace_rows')(target, new_rows, columns, replaced)) }}
{%- endmacro %}

{% macro default__replace_rows(target, new_rows, columns, replaced) -%}
    {%- set column_list = columns | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where
        {%- for column, row_set in replaced.items() %}
        {{ 'or ' if not loop.first }}{{ is_in_row_set(column, row_set, new_rows) }}
        {%- endfor %};

    insert into {{ target }} ({{ column_list }})
    select {{ column_list }} from {{ new_rows }}
{%- endmacro %}

{% macro is_in_row_set(column, row_set, new_rows) -%}
    {#- The condition that a row of the table, by this column, is one of those that the run replaces. -#}
    {%- if row_set == 'touched_customers' -%}
        {{ column }} in (select touched.customer_id from {{ ref('int_touched_customers') }} as touched)
    {%- elif row_set == 'touched_accounts' -%}
        {#- The same inside the engine, by the customer's number. -#}
        {{ column }} in (select touched.customer_no from {{ ref('int_touched_customers') }} as touched)
    {%- elif row_set == 'new_loads' -%}
        {{ column }} > (select run.decided_load_no from {{ ref('int_run') }} as run)
    {%- elif row_set == 'unpublished_runs' -%}
        {#- And those of published runs that the new rows sum up: they bear an earlier number. -#}
        {{ column }} > (select run.since_run_no from {{ ref('int_run') }} as run)
        or {{ column }} >= (select min(new_rows.{{ column }}) from {{ new_rows }} as new_rows)
    {%- elif row_set == 'new_rows' -%}
        {{ column }} in (select new_rows.{{ column }} from {{ new_rows }} as new_rows)
    {%- elif row_set == 'all_if_any' -%}
        {#- A small table is computed whole or not at all: when there are no new rows, the old ones hold. -#}
        exists (select 1 from {{ new_rows }})
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ ' replaces ' ~ column ~ '=' ~ row_set ~ ': no such row set in macros/incremental/replace_rows.sql.'
        ) }}
    {%- endif -%}
{%- endmacro %}
