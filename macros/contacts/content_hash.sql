{% macro content_hash(columns) -%}
    {#-
      Of two versions of one instant the greater content hash counts. Addresses are not part of it: they
      are hashed with a key that every state may have for itself, and no order may follow from a key.
    -#}
    md5(concat_ws('|',
        {%- for column in columns %}
        coalesce(cast({{ column }} as varchar), '')
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    ))
{%- endmacro %}
