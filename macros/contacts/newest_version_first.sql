{% macro newest_version_first(versions) -%}
    {#-
      The order in which the versions of one contact count: by their time, of one instant by content.
      Versions that differ in their address alone are told apart by the record that brought them.
    -#}
    {{ versions }}.version_at desc,
                {{ versions }}._content_hash desc,
                {{ versions }}._file_sha256 desc,
                {{ versions }}._record_no desc
{%- endmacro %}
