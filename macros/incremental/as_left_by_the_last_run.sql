{% macro as_left_by_the_last_run(model) -%}
    {#-
      A table as an earlier run left it, for a model that comes before it: by ref() the graph would be a circle.
      None when everything is computed anew, or nothing is there.
    -#}
    {%- if execute and not should_full_refresh() -%}
        {{ return(adapter.get_relation(target.database, target.schema, model)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
