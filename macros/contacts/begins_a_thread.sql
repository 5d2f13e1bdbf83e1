{% macro begins_a_thread(contacts) -%}
    {#- A mail that answers none has its own Message-ID as thread, and its id begins with it. -#}
    (
        {{ contacts }}.native_id = {{ contacts }}.thread_key
        or substr({{ contacts }}.native_id, 1, length({{ contacts }}.thread_key) + 1) = {{ contacts }}.thread_key || ' '
    )
{%- endmacro %}
