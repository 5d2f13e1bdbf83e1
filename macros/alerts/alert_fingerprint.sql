{% macro alert_fingerprint() -%}
    {#-
      A hash of what a CRM is told of an alert: while it is the same, the CRM need not hear of it again. All columns of
      crm_alert_list count but those that move with the date alone, whose yml says `outside_fingerprint`.
    -#}
    {%- set counting = declared_alert_columns() | map(attribute='name') | list -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.tolerance.crm_alert_list'].columns.values() -%}
            {%- if column.config.meta.get('outside_fingerprint') -%}
                {%- if column.name in counting -%}{%- do counting.remove(column.name) -%}{%- endif -%}
            {%- elif column.name not in counting -%}
                {%- do counting.append(column.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {#- Named in the hash, so that a value that moves to another column is a change, and null is no empty text. -#}
    md5(concat_ws('|',
        {%- for name in counting | sort %}
        '{{ name }}=' || replace(cast({{ name }} as varchar), '|', '||'){{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
