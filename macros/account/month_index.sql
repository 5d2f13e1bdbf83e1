{% macro month_index(date_expression) -%}
    {#-
      The calendar month of a business date, counted from January of `epoch_year` (0).
      Only differences count; a near epoch keeps the powers of the decay within a double.
    -#}
    cast(
        (extract(year from {{ date_expression }}) - {{ var('epoch_year') }}) * 12
        + extract(month from {{ date_expression }}) - 1 as integer
    )
{%- endmacro %}

{% macro month_index_of_iso_date(iso_date) -%}
    {#- The month index of a date known when the project is parsed ('1990-01-01'), as a number. -#}
    {{ return((iso_date[:4] | int - var('epoch_year')) * 12 + iso_date[5:7] | int - 1) }}
{%- endmacro %}
