{% macro declared_alert_columns() -%}
    {#-
      What an alert keeps for ever once it is raised, with types: the columns that the yml of fct_alert declares,
      but for those that change afterwards. Nobody else lists them.
    -#}
    {%- set kept = [] -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.tolerance.fct_alert'].columns.values()
            if not column.config.meta.get('changes_after_raising') -%}
            {%- do kept.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(kept) }}
{%- endmacro %}

{% macro alert_columns(relation=none) -%}
    {#- Their names, for a select; of one of several relations where its alias is given. -#}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {%- for column in declared_alert_columns() -%}
        {{ ',\n        ' if not loop.first }}{{ prefix }}{{ column.name }}
    {%- endfor -%}
{%- endmacro %}

{% macro declared_history_columns() -%}
    {#- The columns of the files in history/alerts: those, and what alert_history declares beside them. -#}
    {%- set columns = declared_alert_columns() -%}
    {%- if execute -%}
        {%- set names = columns | map(attribute='name') | list -%}
        {%- for column in graph.nodes['model.tolerance.alert_history'].columns.values()
            if column.name not in names -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
