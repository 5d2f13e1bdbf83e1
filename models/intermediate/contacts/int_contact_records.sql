{{ config(materialized='view') }}
-- One row per version of a contact, of all sources, with its text. A view, because no text is stored here.
{% set columns = [
    'source', 'other_system', 'native_id', 'service_team', 'customer_id', 'address_hash', 'thread_ids', 'merged_into',
    'structured_type', 'structured_rule', 'tags', 'faq_code', 'is_incident_unless_typed',
    'contact_text', 'is_text_decisive', 'may_refer_back', 'status', 'is_deleted', 'rating', 'reopens',
    'occurred_at', 'occurred_on', 'version_at', 'visible_on', 'undated_delivered_on', 'undated_file_name', 'solved_at',
    '_content_hash', '_file_sha256', '_record_no', '_load_id', '_load_no',
] | join(', ') %}
select {{ columns }} from {{ ref('int_faq_contacts') }}
union all
select {{ columns }} from {{ ref('int_mail_contacts') }}
union all
select {{ columns }} from {{ ref('int_ticket_contacts') }}
