"""A seeded company as the engine's inputs: the tables that stand below the tolerance models.

Made in SQL from hashes of running numbers, so that it is the same on every machine and at any number
of threads: 5 incidents per customer over 60 months, 30 % of them with points, unevenly spread.
"""

from __future__ import annotations

from datetime import date

AS_OF = date(2026, 11, 19)
NEXT_DAY = date(2026, 11, 20)
FIRST_OF_NEXT_MONTH = date(2026, 12, 1)
INCIDENTS_PER_CUSTOMER = 5

# On a day int_incidents holds the touched customers' incidents; here stand all of them, for the comparison.
EVERY_INCIDENT = "every_incident"

# The seed enters every draw: another one makes another company of the same kind.
SEED = 20261119
_SECONDS = 156_816_000  # 1815 days: from 2021-12-01 to the end of the as-of date

_DRAW = "hash({number} * 8 + {column} + {seed} * 10000000000) / 18446744073709551616.0"


def _draw(number: str, column: int) -> str:
    """A number from 0 to 1 that depends on a row's number, the column and the seed."""
    return _DRAW.format(number=number, column=column, seed=SEED)


def _customer(draw: str, customers: int) -> str:
    """A customer's id; a few have many incidents and many have none."""
    return f"'C' || lpad(cast(cast(floor({customers} * pow({draw}, 1.6)) as bigint) as varchar), 9, '0')"


_RUN = """
create or replace table int_run as
select
    {run_no} as run_no, 'bench' as generation_id, date '{as_of}' as as_of_on,
    cast(date '{as_of}' + 1 as timestamp) as as_of_ends_at, 1 as last_load_no,
    cast({since} as date) as since_as_of_on, 0 as since_load_no,
    {run_no} - 1 as since_run_no,
    '' as changed_incident_types, {is_full_rebuild} as is_full_rebuild
"""


def run_of(as_of: date, since: date | None, run_no: int = 1) -> str:
    """The statement that says which run is under way; `since` is None for a full rebuild."""
    return _RUN.format(
        run_no=run_no,
        as_of=as_of,
        since=f"date '{since}'" if since else "null",
        is_full_rebuild="false" if since else "true",
    )


def tables(customers: int) -> list[str]:
    """The statements that make the company."""
    return [
        run_of(AS_OF, None),
        f"""
        create or replace table int_customer_records as
        with draws as (
            select i, {_draw("i", 0)} as started, {_draw("i", 1)} as ended
            from range({customers}) as numbers (i)
        )
        select
            'C' || lpad(cast(i as varchar), 9, '0') as customer_id,
            cast(i as integer) as customer_no,
            '' as address_hashes,
            case when started > 0.02 then date '2011-01-01' + cast(floor(started * 5000) as integer)
            end as relationship_started_on,
            case when ended < 0.05 then date '2024-01-01' + cast(floor(ended * 21000) as integer)
            end as relationship_ended_on,
            'fr' as preferred_language,
            cast(null as decimal(18, 2)) as customer_value
        from draws
        """,
        f"""
        create or replace table int_incidents as
        with draws as (
            select
                i, {_draw("i", 2)} as who, {_draw("i", 3)} as kind,
                timestamp '2021-12-01' + to_seconds(cast(floor({_draw("i", 4)} * {_SECONDS}) as bigint))
                    as occurred_at
            from range({customers * INCIDENTS_PER_CUSTOMER}) as numbers (i)
        )
        select
            md5('tickets|' || i) as incident_id,
            {_customer("who", customers)} as customer_id,
            case when kind < 0.30 then 'billing_error' else 'delivery_late' end as incident_type,
            case when kind < 0.30 then 'cumulative' else 'transient' end as category,
            cast(case when kind < 0.25 then 100 when kind < 0.30 then 60 else 0 end as decimal(18, 6))
                as penalty_points,
            occurred_at,
            cast(occurred_at as date) as occurred_on
        from draws
        """,
        """
        create or replace table int_touched_customers as
        select customer_id, customer_no, relationship_started_on, relationship_ended_on
        from int_customer_records
        """,
        """
        create or replace table int_customer_merges as
        select customer_id as from_customer_id, customer_id as current_customer_id, true as is_current
        from int_customer_records where false
        """,
        """
        create or replace table fct_alert as
        select incident_id as alert_id, date '2026-11-19' as raised_on, 'open' as status
        from int_incidents where false
        """,
    ]


def changes_of_a_day(customers: int) -> list[str]:
    """What one day brings, 0.1 % of all incidents: new, late, moved, reclassified and deleted ones.

    The upstream models do this; here it only sets the stage and is not measured. Afterwards
    `int_incidents` holds what that model holds on a day: the incidents of the touched customers.
    """
    incidents = customers * INCIDENTS_PER_CUSTOMER
    return [
        f"""
        create or replace temp table changes as
        select
            *,
            row_number() over (order by incident_id) % 5 as kind,
            {_customer("hash(incident_id) / 18446744073709551616.0", customers)} as other_customer_id
        from int_incidents
        where hash(incident_id) % {incidents} < {incidents} / 1000
        """,
        """
        create or replace table int_touched_customers as
        select customer_id, customer_no, relationship_started_on, relationship_ended_on
        from int_customer_records
        where customer_id in (
            select customer_id from changes where kind >= 2
            union
            select other_customer_id from changes where kind < 3
        )
        """,
        "delete from int_incidents where incident_id in (select incident_id from changes where kind >= 2)",
        f"""
        insert into int_incidents
        select
            case when kind < 2 then md5('new|' || incident_id) else incident_id end,
            case when kind < 3 then other_customer_id else customer_id end,
            'billing_error',
            case when kind = 3 and penalty_points > 0 then 'transient' else 'cumulative' end,
            case when kind = 3 and penalty_points > 0 then 0 else 100 end,
            case when kind = 0 then timestamp '{NEXT_DAY}' + (occurred_at - date_trunc('day', occurred_at))
            else occurred_at end,
            case when kind = 0 then date '{NEXT_DAY}' else occurred_on end
        from changes
        where kind < 4
        """,
        f"alter table int_incidents rename to {EVERY_INCIDENT}",
        f"""
        create table int_incidents as
        select * from {EVERY_INCIDENT}
        where customer_id in (select customer_id from int_touched_customers)
        """,
    ]
