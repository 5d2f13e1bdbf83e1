"""Mistakes that prototypes made, seeded one by one into a copy of the models: each must be caught.

One state is prepared: a first day, then all that can go wrong until a second day eleven weeks later,
each trap a customer of its own, and attempts that died. A mistake is caught when the incremental
run of the second day disagrees with the reference about the customer whom its trap was laid for.

Two mistakes of the handbook's list have no place yet in which they could be made: erasures and the
purge come with a later issue.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.properties.company import Company
from tests.properties.comparing import KEYS, against_reference, alerts_against_acknowledgements
from tests.properties.pipeline import MODELS_ONLY, Pipeline, Project
from tests.properties.records import (
    UNCLEAR,
    Acknowledgement,
    Call,
    Customer,
    Mail,
    Merge,
    Record,
    Review,
    Ticket,
    alert_id,
    at,
    contact_id,
)
from tests.properties.reference import Rows, Truth
from tolerance.contracts import SOURCES
from tolerance.runs import Run

FIRST, SECOND = date(2025, 1, 20), date(2025, 4, 10)
LONG_AGO = date(2019, 5, 17)
TIES = 6
NOT_DECIDED = ("other_incident",)
"""The tags of an incident that costs nothing, however it ends."""

TABLES = (*KEYS, "fct_tolerance_statement")
COMPARED = " ".join(f"+{table}" for table in TABLES)
"""What is built to judge a mistake."""

STAGING = "tag:staging"
BUILT = f"{MODELS_ONLY} {STAGING}"
"""What no mistake changes is in the prepared state."""

ALERTS = "models/marts/fct_alert.sql"
WITH_ALERTS = f"{COMPARED} +fct_alert"
"""What is built to judge one about alerts."""


@dataclass(frozen=True)
class Mistake:
    """One mistake as a replacement in one file, and the customer (or the table of sums) that shows it."""

    name: str
    file: str
    old: str
    new: str
    victim: str

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the file changes; none where it may be any."""
        path = Path(self.file)
        return (path.stem,) if path.parts[0] == "models" else CALLERS.get(self.file, ())


TOUCHED = "models/intermediate/runs/int_touched_customers.sql"
CUSTOMERS = "models/intermediate/contacts/int_customers.sql"
MERGES = "models/intermediate/contacts/int_customer_merges.sql"
CONTACTS = "models/intermediate/contacts/int_contacts.sql"
LINKS = "dags/tolerance/detection/linking.py"
REVIEWS = "models/intermediate/contacts/int_reviews.sql"
REFERENCES = "models/intermediate/incidents/int_ticket_references.sql"
REPLACE = "macros/incremental/replace_rows.sql"
MONTHS = "macros/account/account_months.sql"
COUNTS = "models/intermediate/accounts/int_balance_counts.sql"
VERSIONS = "models/intermediate/accounts/int_segment_versions.sql"
LEDGER = "models/intermediate/accounts/int_tolerance_ledger.sql"
INCIDENTS = "models/intermediate/incidents/int_incidents.sql"
ACKNOWLEDGEMENTS = "models/intermediate/alerts/int_acknowledgements.sql"
RESOLUTIONS = "models/intermediate/incidents/int_ticket_resolutions.sql"

CALLERS = {
    LINKS: ("int_mail_threads", "int_incident_links"),
    MONTHS: ("int_balance_counts", "fct_tolerance_monthly"),
    "macros/contacts/newest_review_first.sql": ("int_reviews",),
    "macros/alerts/newest_acknowledgement_first.sql": ("int_acknowledgements",),
    "macros/contacts/newest_merge_first.sql": ("int_customer_merges",),
}
"""The first models that a file beside the models changes."""

MISTAKES = (
    Mistake(
        "only_the_new_versions_are_the_touched_set",
        TOUCHED,
        "where contact_versions.customer_id is not null",
        "cross join run where contact_versions._load_no > run.since_load_no",
        "moved_from",
    ),
    Mistake(
        "a_watermark_on_event_time_finds_the_touched",
        TOUCHED,
        "contact_versions.decided_run_no > run.since_run_no",
        "contact_versions.occurred_on > run.since_as_of_on",
        "late",
    ),
    Mistake(
        "a_watermark_on_event_time_finds_the_new_versions",
        "models/intermediate/contacts/int_contact_versions.sql",
        "records as (\n    select * from {{ ref('int_contact_records') }} {{ new_only }}",
        "records as (\n    select * from {{ ref('int_contact_records') }}"
        " {% if is_incremental() %}where occurred_on > (select since_as_of_on from {{ ref('int_run') }})"
        "{% endif %}",
        "late",
    ),
    Mistake(
        "a_deletion_touches_nobody",
        TOUCHED,
        "contact_versions.decided_run_no > run.since_run_no",
        "(contact_versions.decided_run_no > run.since_run_no and not contact_versions.is_deleted)",
        "deleted",
    ),
    Mistake(
        "a_changed_customer_touches_nobody",
        TOUCHED,
        "    select customer_id from changed_customers\n    union distinct\n"
        "    select customer_id from sharers_of_changed_addresses\n    union distinct\n",
        "",
        "ended",
    ),
    Mistake(
        "who_shared_a_changed_address_is_not_touched",
        TOUCHED,
        "    select customer_id from sharers_of_changed_addresses\n    union distinct\n",
        "",
        "shares_from_now",
    ),
    Mistake(
        "a_contact_known_by_its_address_touches_nobody",
        TOUCHED,
        "inner join addresses on contact_versions.address_hash = addresses.address_hash",
        "inner join addresses on contact_versions.customer_id = addresses.address_hash",
        "late_mail",
    ),
    Mistake(
        "a_changed_entry_of_the_taxonomy_touches_nobody",
        TOUCHED,
        "run.changed_incident_types <> ''\n        and {{ list_contains_word(\n",
        "1 = 0\n        and {{ list_contains_word(\n",
        "repriced",
    ),
    Mistake(
        "another_detector_touches_nobody",
        TOUCHED,
        "run.former_detector_versions <> ''",
        "run.former_detector_versions = ''",
        "read_otherwise",
    ),
    Mistake(
        "another_detector_reads_new_texts_alone",
        "models/intermediate/contacts/int_text_classifications.sql",
        "case when former_detector_versions = '' then decided_load_no else 0 end",
        "decided_load_no",
        "read_otherwise",
    ),
    Mistake(
        "future_records_pass_the_watermark_and_are_never_seen",
        TOUCHED,
        "contact_versions.visible_on > run.since_as_of_on\n            and",
        "1 = 0 and",
        "future",
    ),
    Mistake(
        "the_touched_set_counts_from_the_last_attempt",
        "models/intermediate/runs/int_run.sql",
        "        since_run_no,",
        "        (select max(attempts.run_no) from runs as attempts where attempts.run_no < runs.run_no)"
        " as since_run_no,",
        "known_to_an_attempt",
    ),
    Mistake(
        "rows_are_deleted_by_the_ids_of_the_new_rows",
        REPLACE,
        "(select touched.customer_id from {{ ref('int_touched_customers') }} as touched)",
        "{% do ref('int_touched_customers') %}(select new_rows.{{ column }} from {{ new_rows }} as new_rows)",
        "deleted",
    ),
    Mistake(
        "only_one_month_is_rolled_over",
        COUNTS,
        "published_months.last_month_index + 1 as first_month_index",
        "as_of.last_month_index as first_month_index",
        "agg_tolerance_monthly",
    ),
    Mistake(
        "the_suffix_begins_one_month_late",
        MONTHS,
        "coalesce(period.first_month_index, segments.month_index)",
        "coalesce(period.first_month_index + 1, segments.month_index)",
        "agg_tolerance_monthly",
    ),
    Mistake(
        "a_closed_segment_still_counts",
        COUNTS,
        "-1 as count_sign",
        "0 as count_sign",
        "agg_tolerance_monthly",
    ),
    Mistake(
        "what_an_attempt_that_died_has_counted_counts",
        REPLACE,
        "{{ column }} > (select run.since_run_no",
        "{{ column }} >= (select run.run_no",
        "agg_tolerance_monthly",
    ),
    Mistake(
        "what_an_attempt_that_died_has_closed_is_not_opened_again",
        VERSIONS,
        "(closed_run_no is null or closed_run_no > run.since_run_no)",
        "closed_run_no is null",
        "agg_tolerance_monthly",
    ),
    Mistake(
        "what_an_attempt_that_died_has_opened_is_taken_for_published",
        VERSIONS,
        "opened_run_no <= run.since_run_no",
        "opened_run_no < run.run_no",
        "agg_tolerance_monthly",
    ),
    Mistake(
        "closed_segments_are_read_as_if_they_stood",
        "models/intermediate/accounts/int_tolerance_segments.sql",
        "where closed_run_no is null",
        "where opened_run_no is not null",
        "moved_from",
    ),
    Mistake(
        "the_version_that_came_last_wins",
        "macros/contacts/newest_version_first.sql",
        "{{ versions }}.version_at desc,",
        "{{ versions }}._load_no desc,",
        "older_version_late",
    ),
    Mistake(
        "the_newest_version_is_sought_among_the_touched_customers_rows",
        CONTACTS,
        "    inner join candidates on versions.contact_id = candidates.contact_id\n",
        "    inner join candidates on versions.contact_id = candidates.contact_id\n"
        "    inner join touched on versions.customer_id = touched.customer_id\n",
        "moved_to_nobody",
    ),
    Mistake(
        "versions_of_one_instant_are_ordered_by_time_alone",
        "macros/contacts/newest_version_first.sql",
        "{{ versions }}._content_hash desc,",
        "",
        "ties",
    ),
    Mistake(
        "incidents_of_one_instant_are_ordered_by_time_alone",
        LEDGER,
        "            order by occurred_at desc, incident_id desc",
        "            order by occurred_at desc, penalty_points",
        "two_in_one_instant",
    ),
    Mistake(
        "a_threshold_is_compared_in_doubles",
        "macros/account/decay.sql",
        "cast({{ weighted_points }} * {{ decay_power }} as {{ points_type() }})",
        "({{ weighted_points }} * {{ decay_power }})",
        "moved_to",  # 100 points in December, a budget of 95: exactly 0 in January
    ),
    Mistake(
        "the_customer_record_that_came_last_wins",
        "models/intermediate/contacts/int_customer_records.sql",
        "order by delivered_on desc, _file_name desc, _load_no desc, _record_no desc",
        "order by _load_no desc, _file_name desc, _record_no desc",
        "late_customer_file",
    ),
    Mistake(
        "an_end_that_is_delivered_changes_no_account",
        "models/intermediate/contacts/int_customer_records.sql",
        "\n        and newest.relationship_ended_on is not distinct from known.relationship_ended_on",
        "",
        "ended",
    ),
    Mistake(
        "a_merge_touches_nobody",
        TOUCHED,
        "    select from_customer_id as customer_id from changed_merges\n",
        "    select from_customer_id as customer_id from changed_merges where 1 = 0\n",
        "merged_again",
    ),
    Mistake(
        "a_merge_touches_the_merged_customer_alone",
        TOUCHED,
        "inner join found on members.customer_id = found.customer_id",
        "inner join found on members.customer_id = found.customer_id and 1 = 0",
        "merged_into",
    ),
    Mistake(
        "the_former_account_stays",
        CUSTOMERS,
        "where records.customer_id not in (select customer_merges.from_customer_id from customer_merges)",
        "",
        "merged_away",
    ),
    Mistake(
        "a_merge_forgets_what_names_the_former_customer",
        CONTACTS,
        "coalesce(customer_merges.current_customer_id, newest.customer_id, owners.customer_id)",
        "coalesce(newest.customer_id, owners.customer_id)",
        "merged_into",
    ),
    Mistake(
        "who_was_merged_before_anybody_told_of_him_is_sought_nowhere",
        CONTACTS,
        "on customer_merges.current_customer_id = customers.customer_id",
        "on customer_merges.current_customer_id = customers.customer_id and 1 = 0",
        "merged_with_nobody_known",
    ),
    Mistake(
        "a_merge_counts_before_its_day",
        MERGES,
        "where customer_merges.merged_on <= run.as_of_on and",
        "where",
        "merged_tomorrow",
    ),
    Mistake(
        "the_first_merge_of_a_customer_holds_for_good",
        "macros/contacts/newest_merge_first.sql",
        "{{ merges }}.merged_on desc",
        "{{ merges }}.merged_on asc",
        "merged_again",
    ),
    Mistake(
        "a_merged_relationship_begins_when_the_remaining_one_did",
        CUSTOMERS,
        "least(records.relationship_started_on, former.relationship_started_on)",
        "records.relationship_started_on",
        "merged_into",
    ),
    Mistake(
        "a_mail_from_the_address_of_both_is_nobodys",
        "models/intermediate/contacts/int_address_owners.sql",
        "coalesce(customer_merges.current_customer_id, addresses.customer_id)",
        "addresses.customer_id",
        "merged_into",
    ),
    Mistake(
        "the_link_window_chains",
        LINKS,
        "        joined.append((home, rule))",
        "        home.opened_at = at\n        joined.append((home, rule))",
        "three_calls",
    ),
    Mistake(
        "two_tickets_become_one_incident",
        LINKS,
        'if not (unit["is_ticket"] and each.has_ticket)',
        "if each",
        "two_tickets",
    ),
    Mistake(
        "a_reminder_stands_alone",
        LINKS,
        'if home is None and unit["is_reminder"] and',
        "if unit is None and",
        "only_reminds",
    ),
    Mistake(
        "a_reminder_joins_the_first_of_two_incidents",
        LINKS,
        "len(open_incidents) == len(speaking) == 1",
        "speaking",
        "reminds_of_one_of_two",
    ),
    Mistake(
        "a_tagged_ticket_that_reminds_is_not_read",
        "models/intermediate/contacts/int_ticket_contacts.sql",
        "true as may_refer_back",
        "false as may_refer_back",
        "ticket_reminds",
    ),
    Mistake(
        "a_mail_too_unclear_by_itself_is_no_part_of_its_thread",
        "models/intermediate/incidents/int_incident_links.sql",
        "            others.needs_review\n            and (",
        "            false\n            and (",
        "unclear_then_clear",
    ),
    Mistake(
        "a_deadline_passes_a_day_late",
        INCIDENTS,
        "resolved.deadline_at < run.as_of_ends_at",
        "resolved.deadline_at < run.as_of_ends_at - interval '1 day'",
        "deadline_of_the_day",
    ),
    Mistake(
        "a_deadline_passes_a_day_early",
        INCIDENTS,
        "resolved.deadline_at < run.as_of_ends_at",
        "resolved.deadline_at < run.as_of_ends_at + interval '1 day'",
        "deadline_of_tomorrow",
    ),
    Mistake(
        "a_passed_deadline_touches_nobody",
        TOUCHED,
        "    union distinct\n    select customer_id from passed_deadlines\n",
        "",
        "deadline_between",
    ),
    Mistake(
        "only_a_deadline_of_the_day_itself_is_noticed",
        TOUCHED,
        "incidents.deadline_at >= {{ as_instant('run.since_as_of_ends_at') }}",
        "incidents.deadline_at >= {{ as_instant(\"run.as_of_ends_at - interval '1 day'\") }}",
        "deadline_between",
    ),
    Mistake(
        "a_deadline_counts_from_the_ticket",
        INCIDENTS,
        "spans.first_contact_at + incident_types.deadline_hours",
        "anchors.occurred_at + incident_types.deadline_hours",
        "called_before",
    ),
    Mistake(
        "a_resolution_ahead_of_its_day_touches_nobody",
        TOUCHED,
        "contact_versions.solved_at < run.as_of_ends_at",
        "1 = 0",
        "solved_ahead",
    ),
    Mistake(
        "a_reopening_is_forgotten",
        RESOLUTIONS,
        "status_before in ('solved', 'closed')",
        "1 = 0",
        "reopened",
    ),
    Mistake(
        "a_reopening_that_the_desk_alone_counts_is_forgotten",
        RESOLUTIONS,
        "            max(reopens) over (",
        "            max(0) over (",
        "reopened_says_the_desk",
    ),
    Mistake(
        "a_rating_that_came_after_the_resolution_is_ignored",
        INCIDENTS,
        "        and rating is distinct from 'bad'\n",
        "        and (rating is distinct from 'bad' or rated_bad_at > resolved_at)\n",
        "rated_afterwards",
    ),
    Mistake(
        "the_first_rating_stands",
        RESOLUTIONS,
        "min(case when rating is not null then recency end) as rated,",
        "max(case when rating is not null then recency end) as rated,",
        "rated_better",
    ),
    Mistake(
        "a_penalty_is_given_back_twice",
        "models/marts/fct_tolerance_statement.sql",
        "        first_penalty_points - type_penalty_points as points,",
        "        first_penalty_points - penalty_points as points,",
        "retyped_and_resolved",
    ),
    Mistake(
        "a_penalty_is_not_given_back",
        INCIDENTS,
        "when reasons.category = 'transient' then 0",
        "when 1 = 0 then 0",
        "solved_in_time",
    ),
    Mistake(
        "only_the_first_id_of_a_references_list_counts",
        "models/intermediate/contacts/int_mail_contacts.sql",
        "nullif(reference_ids, '')",
        "nullif(split_part(reference_ids, ' ', 1), '')",
        "refers_to_two",
    ),
    Mistake(
        "a_reply_to_an_old_mail_is_about_the_old_problem",
        LINKS,
        "at > matter.began_at + window",
        "at < 0",
        "replies_about_another_problem",
    ),
    Mistake(
        "types_that_do_not_go_together_are_joined",
        LINKS,
        "any(one == other or (one, other) in pairs for",
        "any(bool(one and other) or (one, other) in pairs for",
        "two_problems",
    ),
    Mistake(
        "a_third_type_makes_one_incident_of_two",
        LINKS,
        "_goes_with(told, each.told, in_window)",
        "_goes_with(told, {*sorted(each.told, key=repr)[:1]}, in_window)",
        "late_lost_and_unanswered",
    ),
    Mistake(
        "what_a_code_and_a_tag_tell_apart_is_joined",
        LINKS,
        "if one.certainty == other.certainty == CHOSEN:",
        "if one.certainty == other.certainty < 0:",
        "late_by_code_and_lost_by_code",
    ),
    Mistake(
        "an_older_decision_wins",
        "macros/contacts/newest_review_first.sql",
        "{{ reviews }}.decided_on desc,",
        "{{ reviews }}.decided_on,",
        "decided_twice",
    ),
    Mistake(
        "a_decision_on_the_category_erases_the_type",
        REVIEWS,
        "        standing_type as incident_type,",
        "        incident_type,",
        "decided_and_graded",
    ),
    Mistake(
        "a_decision_counts_before_its_day",
        REVIEWS,
        "decisions.decided_on <= run.as_of_on and ",
        "",
        "decided_ahead",
    ),
    Mistake(
        "a_decision_touches_nobody",
        TOUCHED,
        "select contact_id from changed_decisions",
        "select contact_id from changed_decisions where 1 = 0",
        "decided_long_ago",
    ),
    Mistake(
        "what_the_words_say_overrules_a_person",
        CONTACTS,
        "coalesce(reviews.incident_type, classified.told_type, 'other_incident')",
        "coalesce(classified.told_type, reviews.incident_type, 'other_incident')",
        "decided_twice",
    ),
    Mistake(
        "a_passed_deadline_overrules_a_person",
        INCIDENTS,
        "case when reason = 'review' then 0 else 1 end, ",
        "",
        "decided_harmless_and_unsolved",
    ),
    Mistake(
        "a_closing_outranks_a_retraction",
        ALERTS,
        "            when retraction_reason is not null then 'retracted'\n"
        "            when is_closed_by_crm then 'closed'\n",
        "            when is_closed_by_crm then 'closed'\n"
        "            when retraction_reason is not null then 'retracted'\n",
        "closed_and_deleted",
    ),
    Mistake(
        "an_older_acknowledgement_wins",
        "macros/alerts/newest_acknowledgement_first.sql",
        "{{ acknowledgements }}.delivered_on desc,",
        "{{ acknowledgements }}.delivered_on asc,",
        "closed_and_opened_again",
    ),
    Mistake(
        "a_replayed_acknowledgement_counts_again",
        ACKNOWLEDGEMENTS,
        "order by delivered_on, _file_name, _load_no",
        "order by delivered_on desc, _file_name desc, _load_no desc",
        "closed_and_opened_again",
    ),
    Mistake(
        "an_acknowledgement_ahead_of_its_day_counts",
        ACKNOWLEDGEMENTS,
        "coalesce(acknowledgements.closed_on <= run.as_of_on, true)",
        "acknowledgements.alert_id is not null",
        "closed_ahead",
    ),
    Mistake(
        "an_acknowledgement_touches_nobody",
        TOUCHED,
        "    select customer_id from owners_of_acknowledged\n",
        "    select customer_id from owners_of_acknowledged where 1 = 0\n",
        "closed_in_time",
    ),
    Mistake(
        "what_is_closed_late_gives_points_back",
        INCIDENTS,
        "        and is_resolved_in_time\n",
        "        and (is_resolved_in_time or is_resolved_by_crm)\n",
        "closed_late",
    ),
    Mistake(
        "a_closing_before_it_happened_counts",
        INCIDENTS,
        "    where closings.closed_at >= typed.occurred_at\n",
        "",
        "closed_before_it_happened",
    ),
    Mistake(
        "a_ticket_that_was_opened_again_is_what_the_crm_says",
        INCIDENTS,
        "        coalesce(resolutions.reopen_count, 0) = 0\n        and (resolutions",
        "        (resolutions",
        "closed_and_reopened",
    ),
    Mistake(
        "an_alert_of_a_merged_customer_is_nobodys",
        "macros/alerts/alert_ids_of.sql",
        "where merged.is_current and",
        "where 1 = 0 and",
        "closed_for_the_former_one",
    ),
    Mistake(
        "the_type_told_first_stands",
        INCIDENTS,
        "                {{ penalty_of('incident_types') }} desc,\n",
        "",
        "late_then_lost",
    ),
    Mistake(
        "the_first_number_of_a_text_alone_is_looked_at",
        REFERENCES,
        "{{ split_to_rows('ticket_references') }} as number_key",
        "split_part(ticket_references, ',', 1) as number_key",
        "names_two_numbers",
    ),
    Mistake(
        "a_number_of_another_customers_ticket_links",
        REFERENCES,
        "            naming.customer_id = tickets.customer_id\n            and naming",
        "            naming",
        "names_a_strangers_ticket",
    ),
)


class Traps:
    """What is delivered on the first day, to an attempt that dies, and on the second day after it.

    Each customer is named after the trap.
    """

    def __init__(self) -> None:
        self.first: list[Record] = []
        self.second: list[Record] = []
        self.attempt: list[Record] = []
        self._numbers = count(1)
        self._versions()
        self._dates()
        self._customers()
        self._merges()
        self._contacts()
        self._links()
        self._reviews()
        self._resolutions()
        self._acknowledgements()

    def _customer(self, name: str, *emails: str, started_on: date | None = LONG_AGO) -> Customer:
        one = Customer(name, emails, started_on)
        self.first.append(one)
        return one

    def _ticket(self, customer: str, day: date, tag: str = "product_defect") -> Ticket:
        number = next(self._numbers)
        return Ticket(
            marker=f"m{number}",
            native_id=f"{1000 + number}",
            occurred_at=at(day),
            version_at=at(day),
            customer_id=customer,
            tags=(tag,),
        )

    def _version(self, ticket: Ticket, day: date, **changes: object) -> Ticket:
        changed = replace(ticket, marker=f"m{next(self._numbers)}", version_at=at(day))
        return replace(changed, **changes)  # type: ignore[arg-type]

    def _versions(self) -> None:
        opened, known, changed = date(2024, 12, 3), date(2025, 1, 10), date(2025, 3, 1)
        for name in ("moved_from", "moved_to", "moved_to_nobody", "deleted", "undeleted", "ties"):
            self._customer(name)
        moved = self._ticket("moved_from", opened)
        self.first.append(moved)
        self.second.append(self._version(moved, changed, customer_id="moved_to"))
        lost = self._ticket("moved_to_nobody", opened)
        self.first.append(lost)
        self.second.append(self._version(lost, changed, customer_id="unheard_of"))
        deleted = self._ticket("deleted", opened)
        self.first.append(deleted)
        self.second.append(self._version(deleted, known, status="deleted"))
        undeleted = self._ticket("undeleted", opened)
        self.first += [undeleted, self._version(undeleted, known, status="deleted")]
        self.second.append(self._version(undeleted, changed, status="open"))
        self._customer("older_version_late")
        newer = self._version(self._ticket("older_version_late", opened), known)
        self.first.append(newer)
        self.second.append(self._version(newer, date(2025, 1, 5), tags=NOT_DECIDED))
        for name in ("counted_by_an_attempt", "closed_by_an_attempt", "known_to_an_attempt"):
            self._customer(name)
        self.attempt.append(self._ticket("known_to_an_attempt", opened))
        counted = self._ticket("counted_by_an_attempt", opened)
        self.attempt.append(counted)
        self.second.append(self._version(counted, changed, status="deleted"))
        closed = self._ticket("closed_by_an_attempt", opened)
        self.first.append(closed)
        self.attempt.append(self._version(closed, known, tags=NOT_DECIDED))
        self.second.append(self._version(closed, changed))
        for number in range(TIES):
            tied = self._ticket("ties", date(2024, 3 + number, 5))
            self.first.append(tied)
            self.second.append(self._version(tied, date(2024, 3 + number, 5), tags=NOT_DECIDED))

    def _dates(self) -> None:
        for name in ("late", "future", "future_version", "decays", "two_in_one_instant", "repriced"):
            self._customer(name)
        self.second.append(self._ticket("late", FIRST - timedelta(days=300)))
        self.first.append(self._ticket("future", date(2025, 2, 15)))
        reclassified = self._ticket("future_version", date(2025, 1, 7))
        self.first += [reclassified, self._version(reclassified, date(2025, 2, 20), tags=NOT_DECIDED)]
        self.first.append(self._ticket("decays", date(2024, 11, 8)))
        self.first.append(self._ticket("repriced", date(2024, 11, 8), "refund_missing"))
        for month in range(1, 7):
            # Neither the points nor the order of arrival tells which of the two comes first.
            pair = [
                self._ticket("two_in_one_instant", date(2024, month, 9), tag)
                for tag in ("staff_behaviour", "product_defect")
            ]
            (self.first if month % 2 else self.second).extend(pair)

    def _customers(self) -> None:
        ended = self._customer("ended")
        self.first += [self._ticket("ended", day) for day in (date(2024, 12, 1), date(2025, 1, 15))]
        self.second.append(replace(ended, ended_on=date(2025, 1, 10)))
        thawed = replace(self._customer("thawed"), ended_on=date(2024, 12, 20))
        self.first.append(thawed)
        self.first += [self._ticket("thawed", day) for day in (date(2024, 12, 1), date(2025, 1, 15))]
        self.second.append(replace(thawed, ended_on=None))
        shared = "shared@example.test"
        self._customer("shares_from_now", shared)
        self.first.append(self._mail(shared, date(2025, 1, 8)))
        self.second.append(Customer("takes_a_share", (shared,), LONG_AGO))
        self._customer("late_mail", "late@example.test")
        self.second.append(self._mail("late@example.test", date(2024, 6, 30)))
        self.first.append(self._call("arrives_later", date(2025, 1, 4)))
        self.second.append(Customer("arrives_later", (), LONG_AGO))
        self._customer("late_customer_file")
        self.first.append(self._ticket("late_customer_file", date(2025, 1, 2)))

    def _merges(self) -> None:
        both = "both@example.test"
        self._customer("merged_into", both, started_on=date(2024, 6, 1))
        self._customer("merged_away", both)
        self.first.append(self._ticket("merged_away", date(2024, 11, 8)))
        self.first.append(self._mail(both, date(2025, 1, 8)))
        self.second.append(self._call("merged_away", date(2025, 3, 8)))
        self._customer("merged_with_nobody_known")
        self.first.append(self._ticket("never_delivered", date(2025, 1, 8)))
        self._customer("merged_tomorrow")
        self.first.append(self._ticket("merged_tomorrow", date(2025, 1, 8)))
        self._customer("merged_again")
        self._customer("merged_formerly")
        self.first.append(self._ticket("moves_on", date(2025, 1, 8)))
        self._customer("moves_on")
        self.first.append(Merge("moves_on", "merged_formerly", date(2025, 1, 10)))
        self.second += [
            Merge("merged_away", "merged_into", date(2025, 3, 1)),
            Merge("never_delivered", "merged_with_nobody_known", date(2025, 3, 1)),
            Merge("merged_tomorrow", "merged_into", SECOND + timedelta(days=1)),
            Merge("moves_on", "merged_again", date(2025, 3, 1)),
        ]

    def _contacts(self) -> None:
        self._customer("three_calls")
        for day in (1, 7, 13):
            self.second.append(self._call("three_calls", date(2025, 1, day)))
        self._customer("read_otherwise", "thanks@example.test")
        thanks = self._mail("thanks@example.test", date(2025, 1, 8))
        self.first.append(replace(thanks, incident_type=None))
        self._customer("two_tickets")
        self.first += [self._ticket("two_tickets", date(2025, 1, day)) for day in (1, 2)]
        self.second.append(self._ticket("two_tickets", date(2025, 1, 3)))

    def _links(self) -> None:
        first, later = date(2025, 1, 5), date(2025, 3, 5)
        names = (
            "refers_to_two",
            "replies_about_another_problem",
            "names_two_numbers",
            "names_a_strangers_ticket",
        )
        for name in names:
            self._customer(name, f"{name}@example.test")
        begun = [self._mail(f"{name}@example.test", first) for name in names[:2]]
        self.first += begun
        again = self._mail("refers_to_two@example.test", later)
        self.second.append(replace(again, references=("nobodys@example.test", begun[0].message_id)))
        other = self._mail("replies_about_another_problem@example.test", later)
        self.second.append(replace(other, incident_type="billing_error", reply_to=begun[1].message_id))
        own = [self._ticket(name, first) for name in names[2:]]
        self.first += own
        both = self._mail("names_two_numbers@example.test", later)
        self.second.append(replace(both, named_before="999999", ticket_reference=own[0].native_id))
        strangers = self._mail("names_a_strangers_ticket@example.test", later)
        self.second.append(
            replace(strangers, named_before=own[0].native_id, ticket_reference=own[1].native_id)
        )
        reminders = ("only_reminds", "reminds_of_one_of_two", "unclear_then_clear")
        for number, name in enumerate(reminders, start=1):
            self._customer(name, f"{name}@example.test")
            if name != "unclear_then_clear":
                self.second.append(self._call(name, later))
            if name == "reminds_of_one_of_two":
                self.second.append(replace(self._call(name, later), faq_code="fraude_carte"))
            unclear = replace(
                self._mail(f"{name}@example.test", later + timedelta(days=1)),
                incident_type=UNCLEAR,
                is_reminder=number < len(reminders),
            )
            self.second.append(unclear)
        self._customer("ticket_reminds", "ticket_reminds@example.test")
        self.second.append(replace(self._mail("ticket_reminds@example.test", later), incident_type=UNCLEAR))
        self.second.append(
            replace(self._ticket("ticket_reminds", later + timedelta(days=1)), is_reminder=True)
        )
        clear = self._mail("unclear_then_clear@example.test", later + timedelta(days=2))
        self.second.append(replace(clear, incident_type="billing_error", reply_to=unclear.message_id))
        for name in (
            "two_problems",
            "late_then_lost",
            "late_lost_and_unanswered",
            "late_by_code_and_lost_by_code",
        ):
            self._customer(name, f"{name}@example.test")
        self.second.append(self._call("two_problems", later))
        other = self._mail("two_problems@example.test", later + timedelta(days=1))
        self.second.append(replace(other, incident_type="billing_error"))
        self.second.append(replace(self._call("late_then_lost", later), faq_code="delivery_late"))
        lost = self._mail("late_then_lost@example.test", later + timedelta(days=2))
        self.second.append(replace(lost, incident_type="delivery_lost"))
        for name, types in {
            "late_lost_and_unanswered": ("delivery_late", "delivery_lost", "no_answer"),
            "late_by_code_and_lost_by_code": ("delivery_late", "colis_perdu"),
        }.items():
            for number, told in enumerate(types):
                day = later + timedelta(days=number)
                call = replace(self._call(name, day), faq_code=told)
                mail = replace(self._mail(f"{name}@example.test", day), incident_type=told)
                self.second.append(call if len(types) == 2 or not number else mail)

    def _reviews(self) -> None:
        names = ("decided_twice", "decided_and_graded", "decided_ahead", "decided_long_ago")
        day = date(2025, 1, 5)
        tickets = {name: self._ticket(name, day) for name in names}
        tickets["decided_harmless_and_unsolved"] = self._ticket(
            "decided_harmless_and_unsolved", day, "no_answer"
        )
        for name, ticket in tickets.items():
            self._customer(name)
            self.first.append(ticket)
        for name, decision, decided_on in (
            ("decided_twice", "billing_error", date(2025, 3, 2)),
            ("decided_twice", "no_answer", date(2025, 3, 1)),
            ("decided_and_graded", "no_answer", date(2025, 3, 1)),
            ("decided_and_graded", "cumulative", date(2025, 3, 2)),
            ("decided_ahead", "no_incident", SECOND + timedelta(days=1)),
            ("decided_long_ago", "no_incident", FIRST - timedelta(days=1)),
            ("decided_harmless_and_unsolved", "transient", date(2025, 3, 1)),
        ):
            number = next(self._numbers)
            self.second.append(Review(f"m{number}", contact_id(tickets[name]), decision, decided_on))

    def _resolutions(self) -> None:
        names = ("deadline_between", "deadline_of_the_day", "deadline_of_tomorrow", "called_before")
        for name in (*names, "reopened_says_the_desk", "retyped_and_resolved"):
            self._customer(name)
        self.first.append(self._ticket("deadline_between", FIRST, "no_answer"))
        self.second.append(self._ticket("deadline_of_the_day", SECOND - timedelta(days=1), "no_answer"))
        self.second.append(self._ticket("deadline_of_tomorrow", SECOND, "no_answer"))
        # Solved four days after the ticket was opened, but six after the call, where five are allowed.
        called = self._call("called_before", date(2025, 3, 1))
        late = self._ticket("called_before", date(2025, 3, 3), "delivery_late")
        solved = self._version(late, date(2025, 3, 7), status="solved")
        self.second += [replace(called, faq_code="delivery_late"), late, solved]
        opened, day = date(2025, 1, 19), timedelta(days=1)
        names = ("solved_in_time", "reopened", "rated_afterwards", "rated_better")
        tickets = {name: self._ticket(name, opened) for name in names}
        for name, ticket in tickets.items():
            self._customer(name)
            self.first.append(ticket)
            self.second.append(self._version(ticket, opened + 2 * day, status="solved"))
        self._customer("solved_ahead")
        ahead = self._ticket("solved_ahead", opened)
        self.first.append(self._version(ahead, FIRST, status="solved", solved_at=at(FIRST + 2 * day)))
        again = self._version(tickets["reopened"], opened + day, status="solved")
        back = replace(
            self._version(again, opened, status="pending"), version_at=at(opened + day, "14:00:00")
        )
        self.second += [again, back]
        rated = tickets["rated_afterwards"]
        self.second.append(self._version(rated, opened + 9 * day, status="closed", rating="bad"))
        bad = self._version(tickets["rated_better"], opened + 3 * day, status="solved", rating="bad")
        self.second += [bad, self._version(bad, opened + 4 * day, rating="good")]
        told = self._ticket("reopened_says_the_desk", opened)
        self.second += [told, self._version(told, opened + day, status="solved", reopens=1)]
        retyped = self._ticket("retyped_and_resolved", opened, "contract_dispute")
        solved = self._version(retyped, opened + day, tags=("product_defect",), status="solved")
        self.second += [retyped, solved]

    def _acknowledgements(self) -> None:
        opened, hours = FIRST - timedelta(days=2), timedelta(hours=1)  # five days are allowed
        closings = {
            "closed_in_time": at(opened) + 100 * hours,
            "closed_late": at(opened) + 121 * hours,
            "closed_before_it_happened": at(opened) - hours,
            "closed_ahead": at(SECOND + timedelta(days=1)),
            "closed_and_deleted": at(opened) + 100 * hours,
            "closed_and_reopened": at(opened) + 100 * hours,
            "closed_and_opened_again": at(opened) + 20 * hours,
        }
        for name, closed_at in closings.items():
            self._customer(name)
            ticket = self._ticket(name, opened)
            self.first.append(ticket)
            is_first = name == "closed_and_opened_again"
            (self.first if is_first else self.second).append(self._closing(ticket, name, closed_at))
            if is_first:
                self.second.append(Acknowledgement("m", alert_id(ticket, name), "in_progress"))
            if name == "closed_and_deleted":
                self.second.append(self._version(ticket, opened + timedelta(days=1), status="deleted"))
            if name == "closed_and_reopened":
                # In time as well, if nothing had to be opened again.
                solved = self._version(ticket, opened + timedelta(days=1), status="solved")
                back = self._version(ticket, opened + timedelta(days=2), status="open")
                self.second += [solved, back]
        self._customer("closed_for_the_former_one")
        self._customer("formerly_closed")
        ticket = self._ticket("formerly_closed", opened)
        self.first.append(ticket)
        self.second.append(Merge("formerly_closed", "closed_for_the_former_one", FIRST + timedelta(days=1)))
        self.second.append(self._closing(ticket, "formerly_closed", at(opened) + hours))

    def _closing(self, ticket: Ticket, customer: str, closed_at: datetime) -> Acknowledgement:
        number = next(self._numbers)
        return Acknowledgement(f"m{number}", alert_id(ticket, customer), "closed", closed_at, "well_resolved")

    def _mail(self, email: str, day: date) -> Mail:
        number = next(self._numbers)
        return Mail(f"m{number}", f"mail{number}@example.test", email, at(day), "product_defect")

    def _call(self, customer: str, day: date) -> Call:
        number = next(self._numbers)
        return Call(f"m{number}", f"call{number}", customer, at(day), "staff_behaviour")


@dataclass
class Trapped:
    """The prepared state, what it must become, and how to bring it back."""

    pipeline: Pipeline
    snapshot: Path
    run: Run
    truth: Truth
    tables: dict[str, Rows]
    chosen: list[Mistake]
    """The mistakes of this session."""
    built_before: dict[tuple[str, ...], tuple[Path, str]] = field(default_factory=dict)
    """By the models that mistakes change: the state in which all that does not depend on them is built, and
    what that is."""

    def _begin(self, models: tuple[str, ...]) -> str:
        """Prepare the state of the second day; what is left out of the build, because it is built."""
        state = self.pipeline.state.root
        shutil.rmtree(state)
        before, built = self.built_before.get(models, (self.snapshot, ""))
        shutil.copytree(before, state)
        is_shared = sum(mistake.models == models for mistake in self.chosen) > 2
        if models and is_shared and not built:
            later = " ".join(f"{model}+" for model in models)
            self.pipeline.build(self.run, COMPARED, exclude=f"{BUILT} {later}")
            results = json.loads((self.pipeline.state.dbt / "target" / "run_results.json").read_bytes())
            built = " ".join(result["unique_id"].split(".")[2] for result in results["results"])
            kept = self.snapshot.with_name("_".join(models))
            self.built_before[models] = Path(shutil.copytree(state, kept)), built
        return f"{BUILT} {built}".strip()

    def second_run(self, mistake: Mistake | None = None) -> list[str]:
        """Run the second day with the mistake in the models; how the tables differ from the truth."""
        built = self._begin(mistake.models if mistake else ())
        project = self.pipeline.project
        if mistake is None:
            self.pipeline.build(self.run, WITH_ALERTS, exclude=built)
            return self._differences()
        path = project.root / mistake.file
        sound = path.read_text("utf-8")
        project.replace(mistake.file, mistake.old, mistake.new)
        try:
            compared = WITH_ALERTS if mistake.file == ALERTS else COMPARED
            self.pipeline.build(self.run, compared, exclude=built)
        finally:
            path.write_text(sound, encoding="utf-8")
        return self._differences(are_alerts_built=mistake.file == ALERTS)

    def _differences(self, *, are_alerts_built: bool = True) -> list[str]:
        found = against_reference(self.pipeline, self.tables)
        return found + (
            alerts_against_acknowledgements(self.pipeline, self.truth) if are_alerts_built else []
        )


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Trapped:
    root = tmp_path_factory.mktemp("mistakes")
    project = Project.copied_to(root / "project")
    company = Company(project)
    pipeline = Pipeline(root / "warehouse", project)
    traps = Traps()
    _deliver(pipeline, FIRST, traps.first)
    with misread_thanks(project):
        pipeline.run(FIRST)
        company.reprice("refund_missing", 150)
        pipeline.deliver(f"{SECOND}/attempt.csv", traps.attempt, SECOND)
        pipeline.run_killed(SECOND, "tag:staging +int_balance_counts")
    _deliver(pipeline, SECOND, traps.second)
    # A file of an older day, late: what it says of a customer is older than what is known.
    stale = Customer("late_customer_file", (), date(2024, 6, 1), date(2024, 12, 31))
    pipeline.deliver("2025-01-05/stale.csv", [stale], date(2025, 1, 5))
    replayed = [record for record in traps.first if isinstance(record, Acknowledgement)]
    pipeline.deliver(f"{SECOND}/replayed.csv", list(replayed), SECOND)
    pipeline.take_in(SECOND)
    with project.used():
        pipeline.open(SECOND)  # an attempt that dies at once
        run = pipeline.open(SECOND)
    assert not run.is_full_rebuild
    pipeline.build(run, STAGING)
    snapshot = root / "snapshot"
    shutil.copytree(pipeline.state.root, snapshot)
    truth = Truth(pipeline.deliveries, pipeline.record_hashes(), company.rules, SECOND)
    parameters = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = [each.params["mistake"] for each in parameters if each and "mistake" in each.params]
    return Trapped(pipeline, snapshot, run, truth, truth.tables(), chosen)


@contextmanager
def misread_thanks(project: Project) -> Iterator[None]:
    """A detector that takes thanks for an incident."""
    phrases = project.seeds / "incident_phrases.csv"
    sound = phrases.read_text("utf-8")
    phrases.write_text(f"{sound}product_defect,fr,merci beaucoup,0.9\n", "utf-8")
    yield
    phrases.write_text(sound, "utf-8")


def _deliver(pipeline: Pipeline, day: date, records: list[Record]) -> None:
    for source in SOURCES:
        of_source = [record for record in records if record.source == source]
        suffix = "mbox" if source == "mail" else "csv"
        if of_source:
            pipeline.deliver(f"{day}/all.{suffix}", of_source, day)


def test_sound_models_agree_with_the_reference(trapped: Trapped) -> None:
    assert trapped.second_run() == []


_EVERY = 8


def _seldom(number: int) -> tuple[pytest.MarkDecorator, ...]:
    """They try the traps, not the models: some of them each time, all of them in the soak."""
    return () if number % _EVERY == 0 else (pytest.mark.soak,)


@pytest.mark.parametrize(
    "mistake",
    [pytest.param(each, id=each.name, marks=_seldom(number)) for number, each in enumerate(MISTAKES)],
)
def test_a_seeded_mistake_is_caught(trapped: Trapped, mistake: Mistake) -> None:
    differences = trapped.second_run(mistake)
    assert any(f"'{mistake.victim}" in line or line.startswith(mistake.victim) for line in differences), (
        f"nobody noticed at {mistake.victim}: {differences[:5]}"
    )
