{% macro months_until_safe(remembered_points, unrounded_remembered_points, bearable_points) -%}
    {#-
      How many months until one more standard incident would not break the account: the smallest
      n >= 0 with remembered * (1 - rate) ^ n, as published, <= bearable (budget - penalty).
      Null when there is none. A rounded quotient of logarithms comes out one too high in exact
      cases; here it only says where to look, and the published decimals decide.
    -#}
    {%- set rate = var('monthly_decay_rate') -%}
    case
        when {{ remembered_points }} <= {{ bearable_points }} then 0
        when {{ bearable_points }} <= 0 then null
        {% if rate > 0 -%}
        {%- set guess -%}
            cast(ceil(
                ln(cast({{ bearable_points }} as {{ double_type() }}) / {{ unrounded_remembered_points }})
                / ln(cast(1 - {{ rate }} as {{ double_type() }}))
            ) as integer)
        {%- endset -%}
        {%- for offset in [-1, 0, 1] -%}
        when {{ remembered_points_after(unrounded_remembered_points, 'greatest(1, ' ~ guess ~ ' + ' ~ offset ~ ')') }}
            <= {{ bearable_points }}
            then greatest(1, {{ guess }} + {{ offset }})
        {% endfor -%}
        {%- endif %}
    end
{%- endmacro %}

{% macro remembered_points_after(unrounded_remembered_points, months) -%}
    {#- What will be remembered in so many months when nothing happens, as it will be published. -#}
    {{ remembered_points(unrounded_remembered_points, decay_power(months)) }}
{%- endmacro %}
