{% macro refuse_refresh_alone() -%}
    {#-
      A pre-hook of all models. Several tables that hold everybody are fed by tables that hold the touched
      customers only: a `dbt build --full-refresh` of one of them by hand would forget all others, and new
      numbers in int_customers would belong to other customers' segments. All together they may be refreshed.
    -#}
    {%- if execute and flags.FULL_REFRESH and config.get('materialized') == 'incremental'
        and 'model.' ~ project_name ~ '.int_touched_customers' not in selected_resources
        and load_relation(this) is not none -%}
        {%- set run = this.incorporate(path={'identifier': 'int_run'}) -%}
        {%- if not run_query('select is_full_rebuild from ' ~ run).rows[0][0] -%}
            {{ exceptions.raise_compiler_error(
                this.identifier ~ ' cannot be refreshed alone: it would keep only the customers of the last run. '
                ~ 'Refresh all models in one call (dbt build --full-refresh without --select), '
                ~ 'or make the state anew with make rebuild.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
