{{ config(materialized='incremental', incremental_strategy='replace_rows', meta=replaces(_load_no='new_loads')) }}

-- One row per version of a contact: whom it names, what its structure says, when it may be seen, and which run
-- decided so. Of its text only the hash, and that only where somebody has to read it. Changed decision tables
-- decide on all versions again; what they leave as it is was decided when it was.
{% set of_new_loads -%}
    -- By the loads' ids: they decide which files are opened, where a number would be asked of every record.
    where _load_id in (
        select load_id from {{ ref('stg_runs__loads') }}
        where load_no > (select decided_load_no from {{ ref('int_run') }})
    )
{%- endset %}
{%- set new_only = of_new_loads if is_incremental() else '' %}

with run as (
    select * from {{ ref('int_run') }}
),

records as (
    select * from {{ ref('int_contact_records') }} {{ new_only }}
),

types as (
    select
        incident_type,
        min(sort_order) as sort_order
    from {{ ref('incident_types') }}
    group by incident_type
),

-- A type is a tag by itself, others by the company's decision.
typed_tags as (
    select
        incident_type as tag,
        sort_order
    from types
    union all
    select
        trim(decided_tags.tag) as tag,
        types.sort_order
    from {{ ref('tag_incident_types') }} as decided_tags
    inner join types on trim(decided_tags.incident_type) = types.incident_type
    where trim(decided_tags.tag) not in (select named.incident_type from types as named)
),

all_tags as (
    select distinct tags from {{ ref('int_contact_records') }} {{ new_only }}
),

-- Of several types among the tags the first in the table's order.
first_tags as (
    select
        all_tags.tags,
        min(typed_tags.sort_order) as sort_order
    from all_tags
    inner join typed_tags on {{ list_contains_word('all_tags.tags', 'typed_tags.tag') }}
    group by all_tags.tags
),

tag_types as (
    select
        first_tags.tags,
        types.incident_type
    from first_tags
    inner join types on first_tags.sort_order = types.sort_order
),

-- On which tags and codes nobody has decided: they mean nothing yet.
decided_codes as (
    select distinct
        'tickets' as source,
        incident_type as code
    from types
    union distinct
    select
        'tickets' as source,
        trim(tag) as code
    from {{ ref('tag_incident_types') }}
    where trim(coalesce(incident_type, '')) <> ''
    union distinct
    select
        'faq' as source,
        incident_type as code
    from types
    union distinct
    select
        'faq' as source,
        faq_code as code
    from {{ ref('faq_incident_types') }}
),

all_codes as (
    select distinct
        source,
        coalesce(faq_code, tags) as codes
    from {{ ref('int_contact_records') }} {{ new_only }}
),

single_codes as (
    select
        source,
        codes,
        {{ split_to_rows('codes') }} as code
    from all_codes
    where source = 'tickets' and codes <> ''
    union all
    -- A code of a call is one, whatever it holds.
    select
        source,
        codes,
        codes as code
    from all_codes
    where source = 'faq' and codes <> ''
),

undecided as (
    select
        single_codes.source,
        single_codes.codes,
        string_agg(distinct single_codes.code, ',' order by single_codes.code) as undecided_codes
    from single_codes
    left join decided_codes
        on
            single_codes.source = decided_codes.source
            and single_codes.code = decided_codes.code
    where decided_codes.code is null and single_codes.code <> ''
    group by single_codes.source, single_codes.codes
),

-- Of several codes with a stage of their own the first in the alphabet.
ranked_stages as (
    select
        single_codes.source,
        single_codes.codes,
        code_stages.journey_stage,
        row_number() over (
            partition by single_codes.source, single_codes.codes
            order by code_stages.code
        ) as stage_rank
    from single_codes
    inner join {{ ref('code_stages') }} as code_stages
        on
            single_codes.source = code_stages.source
            and single_codes.code = code_stages.code
),

channels as (
    select
        source,
        coalesce(system, '') as system,
        channel
    from {{ ref('channels') }}
),

contracts as (
    select * from {{ ref('stg_runs__contracts') }}
),

all_systems as (
    select distinct
        source,
        other_system
    from records
),

-- Of a system with a row of its own that one, else that of the source.
systems_with_channel as (
    select
        all_systems.source,
        all_systems.other_system,
        coalesce(of_system.channel, of_source.channel, all_systems.source) as channel
    from all_systems
    left join contracts on all_systems.source = contracts.source
    left join channels as of_system
        on
            all_systems.source = of_system.source
            and coalesce(all_systems.other_system, contracts.default_system) = of_system.system
    left join channels as of_source
        on
            all_systems.source = of_source.source
            and of_source.system = ''
),

tagged as (
    select
        records.*,
        systems_with_channel.channel,
        ranked_stages.journey_stage,
        tag_types.incident_type as tag_type,
        undecided.undecided_codes,
        records.is_text_decisive and tag_types.incident_type is null as is_decided_by_text
    from records
    left join tag_types on records.tags = tag_types.tags
    left join undecided
        on
            records.source = undecided.source
            and coalesce(records.faq_code, records.tags) = undecided.codes
    left join ranked_stages
        on
            records.source = ranked_stages.source
            and coalesce(records.faq_code, records.tags) = ranked_stages.codes
            and ranked_stages.stage_rank = 1
    left join systems_with_channel
        on
            records.source = systems_with_channel.source
            and records.other_system is not distinct from systems_with_channel.other_system
),

decided as (
    select
        -- key
        {{ contact_id('source', 'native_id', 'other_system') }} as contact_id,
        source,
        other_system,
        native_id,

        -- where it came in
        channel,
        journey_stage,
        service_team,

        -- foreign keys
        customer_id,
        address_hash,
        thread_ids,
        merged_into,
        case when is_decided_by_text or may_refer_back then md5(contact_text) end as text_hash,

        -- what it is about
        coalesce(tag_type, structured_type) as structured_type,
        case when tag_type is not null then 'tag' else structured_rule end as structured_rule,
        undecided_codes,
        is_decided_by_text as is_text_decisive,
        is_incident_unless_typed,

        -- state
        status,
        is_deleted,
        rating,
        reopens,

        -- times
        occurred_at,
        occurred_on,
        version_at,
        visible_on,
        undated_delivered_on,
        undated_file_name,
        solved_at,

        -- lineage
        _content_hash,
        _file_sha256,
        _record_no,
        _load_no
    from tagged
),

{% if is_incremental() %}
decided_before as (
    select versions.*
    from {{ this }} as versions
    cross join run
    where versions._load_no > run.decided_load_no
),
{% endif %}

final as (
    select
        decided.*,
        {% if is_incremental() %}
        case
            when
                decided_before._file_sha256 is not null
                and decided.structured_type is not distinct from decided_before.structured_type
                and decided.structured_rule is not distinct from decided_before.structured_rule
                and decided.is_text_decisive = decided_before.is_text_decisive
                and decided.channel = decided_before.channel
                and decided.journey_stage is not distinct from decided_before.journey_stage
                and decided.undecided_codes is not distinct from decided_before.undecided_codes
                then decided_before.decided_run_no
            else run.run_no
        end as decided_run_no
        {% else %}
        run.run_no as decided_run_no
        {% endif %}
    from decided
    cross join run
    {% if is_incremental() %}
    left join decided_before
        on
            decided.source = decided_before.source
            and decided._file_sha256 = decided_before._file_sha256
            and decided._record_no = decided_before._record_no
            and decided._load_no = decided_before._load_no
    {% endif %}
)

select * from final
