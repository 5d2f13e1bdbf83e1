{% macro contact_id(source, native_id) -%}
    {#- An incident's id is its anchor's contact id, so it says nothing but where the contact came from. -#}
    md5({{ source }} || '|' || {{ native_id }})
{%- endmacro %}
