{% macro newest_version_first(versions) -%}
    {#-
      The order in which the versions of one contact count: by their time, of one instant by content. Versions
      that do not say when they were written count by their delivery: day, file name, number of the record.
      Versions that differ in their address alone are told apart by the record that brought them.
    -#}
    {{ versions }}.version_at desc,
                {{ versions }}.undated_delivered_on desc,
                {{ versions }}.undated_file_name desc,
                case when {{ versions }}.undated_file_name is not null then {{ versions }}._load_no end desc,
                case when {{ versions }}.undated_file_name is not null then {{ versions }}._record_no end desc,
                {{ versions }}._content_hash desc,
                {{ versions }}._file_sha256 desc,
                {{ versions }}._record_no desc
{%- endmacro %}
