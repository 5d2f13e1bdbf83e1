{% macro get_incremental_append_counts_sql(arg_dict) -%}
    {#-
      The incremental strategy of int_balance_counts: append, and sum the counts up when more than a quarter
      of all rows take away, which is about once a month. Otherwise the table would grow for good.
    -#}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set key = 'month_index, balance_bucket, balance_micropoints' -%}
    insert into {{ target }} ({{ key }}, customer_count, rupture_count)
    select {{ key }}, customer_count, rupture_count from {{ arg_dict['temp_relation'] }};

    create temporary table counts_summed_up as
    select
        {{ key }},
        cast(sum(customer_count) as integer) as customer_count,
        cast(sum(rupture_count) as integer) as rupture_count
    from {{ target }}
    cross join (
        select 1 as is_due from {{ target }}
        having sum(case when customer_count < 0 then 4 else 0 end) > count(*)
    ) as due
    group by {{ key }}
    having sum(customer_count) <> 0 or sum(rupture_count) <> 0;

    delete from {{ target }}
    where exists (select 1 from counts_summed_up);

    insert into {{ target }} ({{ key }}, customer_count, rupture_count)
    select {{ key }}, customer_count, rupture_count from counts_summed_up;

    drop table counts_summed_up
{%- endmacro %}
