-- closing = opening + budget change + recovered - new penalties, to the last decimal; the flags follow.
select * from {{ checked_months() }} as monthly
where
    closing_points <> opening_points + budget_change_points + recovered_points - new_penalty_points
    or recovered_points < 0
    or new_penalty_points < 0
    or is_negative <> (closing_points < 0)
    or became_negative <> (
        (closing_points + new_penalty_points >= 0 and closing_points < 0)
        or (opening_points >= 0 and closing_points + new_penalty_points < 0)
    )
