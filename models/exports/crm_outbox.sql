-- One row per destination that is sent single alerts and alert that a list has told, with what became of it.
with run as (
    select * from {{ ref('int_run') }}
),

listed as (
    select
        lists.alert_id,
        run.as_of_on as told_on,
        lists.fingerprint,
        lists.status
    from {{ ref('crm_alert_list') }} as lists
    cross join run
),

-- What an earlier run of this date has told stays told; this run's own list outweighs it.
told as (
    select * from listed
    union all
    select
        kept.alert_id,
        kept.told_on,
        kept.fingerprint,
        kept.status
    from {{ ref('stg_runs__told_alerts') }} as kept
    cross join run
    where
        kept.told_on < run.as_of_on
        or (kept.told_on = run.as_of_on and kept.alert_id not in (select listed.alert_id from listed))
),

ranked as (
    select
        *,
        row_number() over (partition by alert_id order by told_on desc) as recency
    from told
),

attempts as (
    select
        destination,
        since_on,
        row_number() over (partition by destination order by attempt_no desc) as recency
    from {{ ref('stg_runs__delivery_attempts') }}
    where unit = 'alert'
),

decided as (
    select
        attempts.destination,
        ranked.alert_id,
        ranked.told_on,
        ranked.fingerprint,
        ranked.status
    from ranked
    cross join attempts
    where
        ranked.recency = 1
        and attempts.recency = 1
        and (attempts.since_on is null or ranked.told_on >= attempts.since_on)
),

standing as (
    select * from {{ ref('stg_runs__delivery_standing') }}
    where unit = 'alert'
),

-- A changed fingerprint starts anew.
joined as (
    select
        decided.destination,
        decided.alert_id,
        decided.told_on,
        decided.fingerprint,
        case
            when decided.fingerprint = standing.fingerprint and standing.standing in ('accepted', 'set_aside')
                then standing.standing
            else 'pending'
        end as delivery_status,
        coalesce(standing.standing = 'unclear', false) as is_unclear,
        case when decided.fingerprint = standing.fingerprint then standing.tries else 0 end as tries,
        case when decided.fingerprint = standing.fingerprint then standing.crm_sentence end as crm_sentence,
        standing.crm_record_id,
        standing.attempt_no
    from decided
    left join standing
        on
            decided.destination = standing.destination
            and decided.alert_id = standing.item_key
    -- What was taken back before it was ever sent would be made there for nothing.
    where coalesce(decided.status, 'open') <> 'retracted' or standing.item_key is not null
),

closed as (
    select alert_id
    from {{ ref('fct_alert') }}
    where status = 'closed'
),

-- What the CRM has closed meanwhile it need not hear.
final as (
    select *
    from joined
    where
        delivery_status = 'accepted'
        or alert_id not in (select closed.alert_id from closed)
)

select * from final
