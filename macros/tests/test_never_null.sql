{% test never_null(model, columns) %}
    {#- No row with a null in any of these columns. -#}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ columns | join(' is null or ') }} is null
{% endtest %}
