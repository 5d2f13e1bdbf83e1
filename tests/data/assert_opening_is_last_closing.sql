-- Every month opens with what the month before closed with, and no month is missing in between.
with monthly as (
    select * from {{ checked_months() }} as monthly
),

chained as (
    select
        customer_id,
        balance_month,
        opening_points,
        lag(closing_points) over (partition by customer_id order by balance_month) as last_closing_points,
        {{ month_index('balance_month') }} as month_index,
        lag({{ month_index('balance_month') }}) over (partition by customer_id order by balance_month)
            as last_month_index
    from monthly
)

select * from chained
where
    last_month_index is not null
    and (opening_points <> last_closing_points or month_index <> last_month_index + 1)
