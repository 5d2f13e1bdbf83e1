-- One row per ticket on which an incident of a customer rests whom this run computes again: since when it is
-- resolved, how often it was reopened, how its customer rates it, and which records say so.
with run as (
    select * from {{ ref('int_run') }}
),

touched as (
    select * from {{ ref('int_touched_customers') }}
),

links as (
    select * from {{ ref('int_incident_links') }}
    {% if not should_full_refresh() %}
    where customer_id in (select touched.customer_id from touched)
    {% endif %}
),

-- A merged ticket counts with its target, so only the anchor's ticket is asked.
anchoring_tickets as (
    select distinct ticket_contact_id as contact_id
    from links
    where contact_id = incident_id
),

tickets as (
    select
        contacts.contact_id,
        contacts.status,
        contacts.solved_at
    from {{ ref('int_contacts') }} as contacts
    inner join anchoring_tickets on contacts.contact_id = anchoring_tickets.contact_id
),

versions as (
    select
        versions.contact_id,
        versions.status,
        versions.rating,
        versions.reopens,
        versions._file_sha256,
        versions._record_no,
        greatest(
            versions.version_at, coalesce(cast(versions.undated_delivered_on as timestamp), versions.version_at)
        ) as told_at,
        row_number() over (
            partition by versions.contact_id
            order by {{ newest_version_first('versions') }}
        ) as recency
    from {{ ref('int_contact_versions') }} as versions
    inner join tickets on versions.contact_id = tickets.contact_id
    cross join run
    where versions.visible_on <= run.as_of_on
),

states as (
    select
        *,
        status in ('solved', 'closed') as is_solved,
        status in ('new', 'open', 'pending', 'hold') as is_open,
        lag(status) over (
            partition by contact_id
            order by recency desc
        ) as status_before
    from versions
),

-- Deleting and restoring is no reopening, whatever the ticket was before.
reopened as (
    select
        *,
        greatest(
            max(reopens) over (
                partition by contact_id
                order by recency desc
                rows between unbounded preceding and current row
            ),
            sum(case when is_open and status_before in ('solved', 'closed') then 1 else 0 end) over (
                partition by contact_id
                order by recency desc
                rows between unbounded preceding and current row
            )
        ) as reopen_count
    from states
),

latest as (
    select
        contact_id,
        max(reopen_count) as reopen_count,
        min(case when is_open then recency end) as opened,
        min(case when rating is not null then recency end) as rated,
        min(case when rating = 'good' then recency end) as rated_good
    from reopened
    group by contact_id
),

-- Since which version it is as it is now: solved, reopened twice, rated as bad.
since as (
    select
        latest.contact_id,
        max(
            case
                when reopened.is_solved and (latest.opened is null or reopened.recency < latest.opened)
                    then reopened.recency
            end
        ) as solved,
        max(case when reopened.reopen_count >= 2 then reopened.recency end) as reopened_twice,
        max(
            case
                when reopened.rating = 'bad' and (latest.rated_good is null or reopened.recency < latest.rated_good)
                    then reopened.recency
            end
        ) as rated_bad
    from latest
    inner join reopened on latest.contact_id = reopened.contact_id
    group by latest.contact_id
),

final as (
    select
        -- key
        tickets.contact_id,

        -- state
        tickets.status,
        -- What lies ahead of the as-of date has not happened yet.
        case
            when
                tickets.status in ('solved', 'closed')
                and coalesce(tickets.solved_at, solved.told_at) < run.as_of_ends_at
                then coalesce(tickets.solved_at, solved.told_at)
        end as resolved_at,
        cast(latest.reopen_count as integer) as reopen_count,
        rated.rating,

        -- since when, and which record says so
        reopened_twice.told_at as reopened_twice_at,
        rated_bad.told_at as rated_bad_at,
        solved._file_sha256 as solved_file_sha256,
        solved._record_no as solved_record_no,
        reopened_twice._file_sha256 as reopened_twice_file_sha256,
        reopened_twice._record_no as reopened_twice_record_no,
        rated_bad._file_sha256 as rated_bad_file_sha256,
        rated_bad._record_no as rated_bad_record_no
    from tickets
    cross join run
    inner join latest on tickets.contact_id = latest.contact_id
    inner join since on tickets.contact_id = since.contact_id
    left join versions as rated
        on tickets.contact_id = rated.contact_id and latest.rated = rated.recency
    left join versions as solved
        on tickets.contact_id = solved.contact_id and since.solved = solved.recency
    left join versions as reopened_twice
        on tickets.contact_id = reopened_twice.contact_id and since.reopened_twice = reopened_twice.recency
    left join versions as rated_bad
        on tickets.contact_id = rated_bad.contact_id and since.rated_bad = rated_bad.recency
)

select * from final
