{% macro refuse_refresh_alone() -%}
    {#-
      A pre-hook of all models. Several tables that hold everybody are fed by tables that hold the touched
      customers only: a `dbt build --full-refresh` of one of them by hand would forget all others, and new
      numbers in int_customers would belong to other customers' segments. All together they may be refreshed.
    -#}
    {%- if execute and flags.FULL_REFRESH and config.get('materialized') == 'incremental'
        and load_relation(this) is not none -%}
        {%- set left_out = [] -%}
        {%- for node in graph.nodes.values()
            if node.config.materialized == 'incremental' and node.unique_id not in selected_resources -%}
            {%- do left_out.append(node.name) -%}
        {%- endfor -%}
        {%- set run = this.incorporate(path={'identifier': 'int_run'}) -%}
        {%- if left_out and not run_query('select is_full_rebuild from ' ~ run).rows[0][0] -%}
            {{ exceptions.raise_compiler_error(
                this.identifier ~ ' cannot be refreshed without ' ~ left_out | sort | join(', ')
                ~ ': rows of customers whom the last run did not touch would be lost. Refresh all models in one '
                ~ 'call (dbt build --full-refresh without --select), or rebuild the STATE with make rebuild.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
