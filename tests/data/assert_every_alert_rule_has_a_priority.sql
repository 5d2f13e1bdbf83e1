{{ config(tags=['staging']) }}

-- An incident to which no rule with a priority applies would raise no alert; is_cumulative applies to all. Of the
-- others a company may leave some out, but each of its rows names one.
with rules as (
    select 'turns_negative' as rule
    union all
    select 'was_already_negative' as rule
    union all
    select 'is_negative_when_raised' as rule
    union all
    select 'is_long_tenure' as rule
    union all
    select 'is_first_cumulative' as rule
    union all
    select 'is_cumulative' as rule
),

priorities as (
    select * from {{ ref('alert_priorities') }}
)

select
    rules.rule,
    priorities.rule as written_as,
    priorities.priority
from rules
full outer join priorities on rules.rule = priorities.rule
where rules.rule is null or (rules.rule = 'is_cumulative' and priorities.priority is null)
