-- No number is missing; closing = opening + budget change + recovered - new penalties, to the last decimal; the flags
-- follow.
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
    or opening_points is null
    or new_penalty_points is null
    or recovered_points is null
    or budget_change_points is null
    or closing_points is null
