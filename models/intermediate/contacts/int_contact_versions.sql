{{ config(materialized='incremental', incremental_strategy='replace_rows', meta=replaces(_load_no='new_loads')) }}

-- One row per version of a contact: whom it names, what its structure says, when it may be seen. Of its text
-- only the hash, and that only where somebody has to read it.
{% set of_new_loads -%}
    -- By the loads' ids: they decide which files are opened, where a number would be asked of every record.
    where _load_id in (
        select load_id from {{ ref('stg_runs__loads') }}
        where load_no > (select since_load_no from {{ ref('int_run') }})
    )
{%- endset %}
{%- set new_only = of_new_loads if is_incremental() else '' %}

with records as (
    select * from {{ ref('int_contact_records') }} {{ new_only }}
),

types as (
    select
        incident_type,
        min(sort_order) as sort_order
    from {{ ref('incident_types') }}
    group by incident_type
),

all_tags as (
    select distinct tags from {{ ref('int_contact_records') }} {{ new_only }}
),

-- Of several types among the tags the first in the table's order.
first_tags as (
    select
        all_tags.tags,
        min(types.sort_order) as sort_order
    from all_tags
    inner join types on {{ list_contains_word('all_tags.tags', 'types.incident_type') }}
    group by all_tags.tags
),

tag_types as (
    select
        first_tags.tags,
        types.incident_type
    from first_tags
    inner join types on first_tags.sort_order = types.sort_order
),

tagged as (
    select
        records.*,
        tag_types.incident_type as tag_type,
        records.is_text_decisive and tag_types.incident_type is null as is_decided_by_text
    from records
    left join tag_types on records.tags = tag_types.tags
),

final as (
    select
        -- key
        {{ contact_id('source', 'native_id') }} as contact_id,
        source,
        native_id,

        -- foreign keys
        customer_id,
        address_hash,
        thread_key,
        case when is_decided_by_text or may_name_a_ticket then md5(contact_text) end as text_hash,

        -- what it is about
        coalesce(tag_type, structured_type) as structured_type,
        case when tag_type is not null then 'tag' else structured_rule end as structured_rule,
        is_decided_by_text as is_text_decisive,
        is_incident_unless_typed,

        -- state
        status,
        is_deleted,

        -- times
        occurred_at,
        occurred_on,
        version_at,
        visible_on,
        solved_at,

        -- lineage
        _content_hash,
        _file_sha256,
        _record_no,
        _load_no
    from tagged
)

select * from final
