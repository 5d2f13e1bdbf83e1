-- One row per alert and as-of date whose run raised it or changed its status. A file that an earlier release has
-- kept lacks the columns that came later: here they are null.
with final as (
    {{ with_all_columns(below_state(source('runs', 'alert_history')), declared_history_columns()) | indent }}
)

select * from final
