{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['text_hash', 'detector_version'],
    tags=['python_macro'],
) }}

-- One row per text and version of the detector: the incident that it reports, and the numbers of tickets that it names.
-- Texts are read here alone, each once by each version, and go no further: a day reads what it brings, and a
-- new version reads all texts and rebuilds nothing.
with run as (
    select
        detector_version,
        {% if is_incremental() %}
        case when former_detector_versions = '' then decided_load_no else 0 end as read_load_no
        {% else %}
        0 as read_load_no
        {% endif %}
    from {{ ref('int_run') }}
),

versions as (
    select
        contact_versions.*,
        run.detector_version
    from {{ ref('int_contact_versions') }} as contact_versions
    cross join run
    where
        contact_versions._load_no > run.read_load_no
        and contact_versions.text_hash is not null
),

-- A text that was read for what it refers to alone has no rule; it is read again when its type matters.
unread as (
    select
        versions.text_hash,
        versions.detector_version,
        versions.is_text_decisive,
        versions.source,
        versions._file_sha256,
        versions._record_no,
        versions._load_no,
        row_number() over (
            partition by versions.text_hash
            order by
                case when versions.is_text_decisive then 0 else 1 end,
                versions.source,
                versions._file_sha256,
                versions._record_no,
                versions._load_no
        ) as record_rank
    from versions
    {% if is_incremental() %}
    left join {{ this }} as known
        on
            versions.text_hash = known.text_hash
            and versions.detector_version = known.detector_version
    where known.text_hash is null or (versions.is_text_decisive and known.rule is null)
    {% endif %}
),

-- By the loads' ids: they decide which files are opened.
records as (
    select * from {{ ref('int_contact_records') }}
    where _load_id in (
        select loads.load_id
        from {{ ref('stg_runs__loads') }} as loads
        cross join run
        where loads.load_no > run.read_load_no
    )
),

readings as (
    select
        unread.text_hash,
        unread.detector_version,
        case when unread.is_text_decisive then detect_incident(records.contact_text) end as detection,
        is_reminder(records.contact_text) as is_reminder,
        ticket_references(records.contact_text) as ticket_references
    from unread
    inner join records
        on
            unread.source = records.source
            and unread._file_sha256 = records._file_sha256
            and unread._record_no = records._record_no
            and unread._load_no = records._load_no
    where unread.record_rank = 1
),

final as (
    select
        -- key
        text_hash,
        detector_version,

        -- what it is about
        detection.incident_type as incident_type,
        detection.likely_types as likely_types,
        is_reminder,
        detection.confidence as confidence,
        detection.rule as rule,

        -- foreign keys
        ticket_references
    from readings
)

select * from final
