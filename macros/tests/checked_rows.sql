{#-
  What the tests of a run look at: what the run has computed. All accounts were tested when they were computed;
  to read all of them again every day would cost more than computing them again. A full rebuild computes, and
  so tests, all.
-#}
{% macro checked_months() -%}
    {#- The rows of fct_tolerance_monthly of the accounts that this run computed, as they are stored. -#}
    {%- set segments -%}
        (
            select * from {{ ref('int_tolerance_segments') }}
            where customer_no in (select customer_no from {{ ref('int_touched_customers') }})
        ) as checked_segments
    {%- endset -%}
    (
        {{ account_months(segments, until_as_of_month(), 'customer_id') | indent(8) }}
    )
{%- endmacro %}

{% macro checked_customers_of(model) -%}
    {#- The rows of a table of the customers that this run computed. -#}
    (
        select * from {{ model }}
        where customer_id in (select customer_id from {{ ref('int_touched_customers') }})
    )
{%- endmacro %}

{% macro checked_period() -%}
    {#-
      Two months in which all accounts are tested: that of the as-of date, and one before it, as many months ago
      as the date's day. In a full rebuild all months.
    -#}
    {%- set as_of_month = month_index('as_of_on') -%}
    {%- set earlier_month = as_of_month ~ ' - cast(extract(day from as_of_on) as integer)' -%}
    {%- if should_full_refresh() -%}
    {{ until_as_of_month() }}
    {%- else -%}
    select
        {{ as_of_month }} as first_month_index,
        {{ as_of_month }} as last_month_index
    from {{ ref('int_run') }}
    union all
    select
        {{ earlier_month }} as first_month_index,
        {{ earlier_month }} as last_month_index
    from {{ ref('int_run') }}
    {%- endif -%}
{%- endmacro %}

{% macro checked_months_of_all() -%}
    {#- The rows of fct_tolerance_monthly of all accounts in the checked period. -#}
    (
        {{ account_months(ref('int_tolerance_segments'), checked_period(), 'customer_id') | indent(8) }}
    )
{%- endmacro %}

{% macro is_checked_month(balance_month) -%}
    {#- Whether a month, given by its first day, lies in the checked period. -#}
    exists (
        select 1 from ({{ checked_period() }}) as checked_period
        where
            {{ month_index(balance_month) }} <= checked_period.last_month_index
            and (
                checked_period.first_month_index is null
                or {{ month_index(balance_month) }} >= checked_period.first_month_index
            )
    )
{%- endmacro %}

{% macro checked_customers(at_most) -%}
    {#-
      A condition on customer_id: some of the customers that this run computed, by name. A view that reads the
      accounts one by one is asked for few of them; in a full rebuild for all.
    -#}
    {%- set touched -%}
        select customer_id from {{ ref('int_touched_customers') }} order by md5(customer_id) limit {{ at_most }}
    {%- endset -%}
    {%- if should_full_refresh() or not execute -%}
        true
    {%- else -%}
        {%- set names = ['null'] -%}
        {%- for row in run_query(touched).rows -%}
            {%- do names.append("'" ~ row[0] | replace("'", "''") ~ "'") -%}
        {%- endfor -%}
        customer_id in ({{ names | join(', ') }})
    {%- endif -%}
{%- endmacro %}
