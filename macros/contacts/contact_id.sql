{% macro contact_id(source, native_id, other_system) -%}
    {#-
      An incident's id is its anchor's contact id, so it says nothing but where the contact came from. Two desks
      number their tickets alike: a system other than the source's default one is part of the id. The module
      `former_ids` makes the same ids.
    -#}
    md5({{ source }} || coalesce(':' || {{ other_system }}, '') || '|' || {{ native_id }})
{%- endmacro %}
