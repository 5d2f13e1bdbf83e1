{% macro with_all_columns(relation, columns) -%}
    {#-
      A subquery of the relation's rows with all these columns, in these types. Those that it lacks are null, and
      it may have others. `columns` are as a yml declares them: name and data_type.
    -#}
    {{ return(adapter.dispatch('with_all_columns')(relation, columns)) }}
{%- endmacro %}

{% macro default__with_all_columns(relation, columns) -%}
    select
        {%- for column in columns %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column in columns %}
            cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
        union all by name
        select * from {{ relation }}
    ) as of_all_columns
{%- endmacro %}
