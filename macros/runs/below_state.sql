{% macro below_state(relation) -%}
    {#-
      A source whose files lie below STATE, which is known only when a model runs: the parsed project is the same
      for every STATE.
    -#}
    {{ relation | string | replace('<STATE>', env_var('TOLERANCE_STATE')) }}
{%- endmacro %}
