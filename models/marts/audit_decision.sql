-- One row per decision that people delivered on a contact, however often, and what became of it.
with deliveries as (
    select
        *,
        row_number() over (
            partition by contact_id, decision, decided_by, decided_on, reason
            order by {{ newest_review_first('deliveries') }}
        ) as delivery_rank
    from {{ ref('stg_reviews__decisions') }} as deliveries
),

decisions as (
    select * from deliveries
    where delivery_rank = 1
),

known as (
    select * from {{ ref('int_reviews') }}
),

contacts as (
    select distinct versions.contact_id
    from {{ ref('int_contact_versions') }} as versions
    cross join {{ ref('int_run') }} as run
    where versions.visible_on <= run.as_of_on
),

final as (
    select
        decisions.contact_id,
        decisions.decision,
        decisions.decided_by,
        decisions.reason,
        decisions.decided_on,
        case
            when known.contact_id is null then 'waits_for_its_day'
            when not known.is_usable then 'unknown_decision'
            when not known.counts then 'replaced'
            when contacts.contact_id is null then 'unknown_contact'
            else 'counts'
        end as status,
        decisions._file_name as file_name,
        decisions._record_no as record_no
    from decisions
    left join known
        on
            decisions._file_sha256 = known._file_sha256
            and decisions._record_no = known._record_no
            and decisions._load_no = known._load_no
            and decisions._file_name = known._file_name
    left join contacts on decisions.contact_id = contacts.contact_id
)

select * from final
