{% macro get_incremental_replace_new_loads_sql(arg_dict) -%}
    {#-
      Replace what loads brought since the last published run, then add it anew: a run that was
      killed half-way may have written some of it, and repeating it must change nothing.
    -#}
    delete from {{ arg_dict['target_relation'] }}
    where _load_no > (select since_load_no from {{ ref('int_run') }});

    insert into {{ arg_dict['target_relation'] }} by name
    select * from {{ arg_dict['temp_relation'] }};
{%- endmacro %}
