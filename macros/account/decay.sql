{% macro decay_power(months) -%}
    {#-
      What is left of one point after so many months: (1 - rate) ^ months.
      The one place where the decay stands. Balances use it forward (Cormode et al., ICDE 2009): a
      penalty is stored as penalty * (1 - rate) ^ -k, k its month index, these are summed once, and
      the sum times (1 - rate) ^ k is what is remembered in month k. Nothing is updated when a month
      passes, and a late incident changes a sum, not a chain of states.
    -#}
    {{ require_usable_decay() -}}
    power(cast(1 - {{ var('monthly_decay_rate') }} as {{ double_type() }}), {{ months }})
{%- endmacro %}

{% macro remembered_points(weighted_points, decay_power) -%}
    {#- What is remembered of a stored sum in a month, as published: the one cast from double. -#}
    cast({{ weighted_points }} * {{ decay_power }} as {{ points_type() }})
{%- endmacro %}

{% macro require_usable_decay() -%}
    {#- Stop when (1 - rate) ^ -months would leave the range of a double within the plausible dates. -#}
    {%- set rate = var('monthly_decay_rate') -%}
    {%- set months = [
        month_index_of_iso_date(var('latest_plausible_on')) | int,
        -(month_index_of_iso_date(var('earliest_plausible_on')) | int),
    ] | max -%}
    {%- set usable = rate >= 0 and rate < 1 and (10 ** (280 / months)) * (1 - rate) >= 1 -%}
    {%- if not usable -%}
        {{ exceptions.raise_compiler_error(
            "monthly_decay_rate in dbt_project.yml is " ~ rate ~ ", which cannot be computed over the "
            ~ "plausible dates: give a rate from 0 to about "
            ~ ((1 - 10 ** (-280 / months)) | round(2, 'floor')) ~ ", or an epoch_year nearer to them."
        ) }}
    {%- endif -%}
{%- endmacro %}
