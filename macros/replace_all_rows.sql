{% macro get_incremental_replace_all_rows_sql(arg_dict) -%}
    {#-
      An incremental strategy for a small table that is computed whole or not at all: when the model gives
      rows, they replace all rows; when it gives none, what stands there still holds.
    -#}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set new_rows = arg_dict['temp_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where exists (select 1 from {{ new_rows }});

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ new_rows }}
{%- endmacro %}
