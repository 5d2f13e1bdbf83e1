{% test unique_together(model, columns) %}
    {#- The grain: no two rows with the same values in these columns, and none with a null among them. -#}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        or {{ columns | join(' is null or ') }} is null
{% endtest %}
