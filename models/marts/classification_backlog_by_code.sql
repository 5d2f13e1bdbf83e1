-- One row per tag of tickets and code of calls on which nobody has decided, the most frequent first: one row in a
-- decision table settles all its contacts. A ticket with two such tags is in both rows.
with run as (
    select * from {{ ref('int_run') }}
),

contracts as (
    select * from {{ ref('stg_runs__contracts') }}
),

files as (
    {{ names_of_loaded_files() }}
),

contacts as (
    select * from {{ ref('int_contacts') }}
    where undecided_codes is not null
),

waiting as (
    select contact_id from {{ ref('audit_contact_review') }}
    where review_reason = 'unclear_text'
),

named as (
    select
        *,
        {{ split_to_rows('undecided_codes') }} as code
    from contacts
    where source = 'tickets'
    union all
    select
        *,
        undecided_codes as code
    from contacts
    where source = 'faq'
),

ranked as (
    select
        *,
        row_number() over (
            partition by source, other_system, code
            order by occurred_on desc, _file_sha256 asc, _record_no asc
        ) as example_rank
    from named
),

final as (
    select
        ranked.source,
        coalesce(ranked.other_system, contracts.default_system) as system,
        ranked.code,
        count(*) as contact_count,
        count(distinct ranked.customer_id) as customer_count,
        count(ranked.incident_type) as incident_contact_count,
        count(waiting.contact_id) as waiting_contact_count,
        min(ranked.occurred_on) as first_on,
        max(ranked.occurred_on) as last_on,
        {{ days_between('min(ranked.occurred_on)', 'max(run.as_of_on)') }} as oldest_age_days,
        string_agg(
            case when ranked.example_rank <= 3 then files.file_name || ', record ' || ranked._record_no end,
            '; '
            order by ranked.example_rank
        ) as examples
    from ranked
    cross join run
    left join waiting on ranked.contact_id = waiting.contact_id
    left join contracts on ranked.source = contracts.source
    left join files on ranked._file_sha256 = files.file_sha256
    group by ranked.source, ranked.other_system, contracts.default_system, ranked.code
)

select * from final
order by contact_count desc, source asc, system asc, code asc
