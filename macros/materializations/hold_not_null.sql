{#-
  The post-hook of every table: the columns that its yml says are never null cannot be. DuckDB then refuses the row when
  it is written, in the model's own transaction, instead of a query of its own per column afterwards. A table under contract
  is made so; an incremental one keeps it.
-#}
{% macro hold_not_null() -%}
    {%- if execute and model.config.materialized in ('table', 'incremental')
        and not model.config.contract.enforced and not is_incremental() -%}
        {%- for column in model.columns.values() if 'not_null' in column.constraints | map(attribute='type') | map('string') %}
            alter table {{ this }} alter column {{ adapter.quote(column.name) }} set not null;
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
