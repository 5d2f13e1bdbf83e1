"""Other ways to the same monthly table: what people write first, and two data-frame libraries.

All start from the incidents and the customers, and make the same rows: customer, month, opening, new
penalties, recovered, budget change, closing, flags. The budget is 150 for all (the preset `flat`).
"""

from __future__ import annotations

from bench.company import AS_OF

BUDGET = 150
AS_OF_MONTH = (AS_OF.year - 2000) * 12 + AS_OF.month - 1
FIRST_MONTH = (2021 - 2000) * 12 + 11

_MONTH = "cast((extract(year from {0}) - 2000) * 12 + extract(month from {0}) - 1 as integer)"

_EVENTS = f"""
    select
        incidents.customer_id,
        {_MONTH.format("incidents.occurred_on")} as month_index,
        incidents.penalty_points,
        least({AS_OF_MONTH}, coalesce({_MONTH.format("customers.relationship_ended_on")}, {AS_OF_MONTH}))
            as until_month_index
    from warehouse.main.int_incidents as incidents
    inner join warehouse.main.int_customers as customers on incidents.customer_id = customers.customer_id
    where
        incidents.penalty_points > 0
        and (
            customers.relationship_ended_on is null
            or incidents.occurred_on <= customers.relationship_ended_on
        )
"""

_SPINE = f"select cast(i as integer) as month_index from range({FIRST_MONTH}, {AS_OF_MONTH + 1}) as r (i)"

_FINAL = f"""
    select
        customer_id,
        cast(date '2000-01-01' + month_index * interval '1 month' as date) as balance_month,
        cast({BUDGET} - opening_remembered as decimal(18, 6)) as opening_points,
        cast(new_penalty_points as decimal(18, 6)) as new_penalty_points,
        cast(opening_remembered + new_penalty_points - remembered as decimal(18, 6)) as recovered_points,
        cast(0 as decimal(18, 6)) as budget_change_points,
        cast({BUDGET} - remembered as decimal(18, 6)) as closing_points,
        {BUDGET} - remembered < 0 as is_negative,
        {BUDGET} - remembered < 0 and {BUDGET} - remembered + new_penalty_points >= 0 as became_negative,
        false as limit_crossed_by_tenure
    from remembered
"""

_REMEMBERED = """
        cast(coalesce(sum(penalty_points * pow(0.95, spine.month_index - events.month_index)), 0)
            as decimal(18, 6)) as remembered,
        cast(coalesce(sum(
            case when events.month_index < spine.month_index
                then penalty_points * pow(0.95, spine.month_index - 1 - events.month_index) end
        ), 0) as decimal(18, 6)) as opening_remembered,
        coalesce(sum(case when events.month_index = spine.month_index then penalty_points end), 0)
            as new_penalty_points
"""

NAIVE_JOIN = f"""
create table result as
with events as ({_EVENTS}),
spine as ({_SPINE}),
remembered as (
    select
        events.customer_id,
        spine.month_index,
        {_REMEMBERED}
    from events
    inner join spine
        on spine.month_index >= events.month_index and spine.month_index <= events.until_month_index
    group by events.customer_id, spine.month_index
)
{_FINAL}
"""

CROSS_JOIN = f"""
create table result as
with events as ({_EVENTS}),
spine as ({_SPINE}),
grid as (
    select accounts.*, spine.month_index
    from (
        select customer_id, min(month_index) as from_month_index, min(until_month_index) as until_month_index
        from events
        group by customer_id
    ) as accounts
    cross join spine
),
remembered as (
    select
        spine.customer_id,
        spine.month_index,
        {_REMEMBERED}
    from grid as spine
    left join events
        on spine.customer_id = events.customer_id and events.month_index <= spine.month_index
    where
        spine.month_index >= spine.from_month_index and spine.month_index <= spine.until_month_index
    group by spine.customer_id, spine.month_index
)
{_FINAL}
"""


def month_loop() -> tuple[str, ...]:
    """One statement per month, each from the state that the month before left: what microbatch does."""
    statements = [
        f"create table events as {_EVENTS}",
        "create table state (customer_id varchar, remembered double, until_month_index integer)",
        f"create table result as with remembered as (select '' as customer_id, 0 as month_index, 0.0 as "
        f"opening_remembered, 0.0 as new_penalty_points, 0.0 as remembered) {_FINAL} limit 0",
    ]
    for month in range(FIRST_MONTH, AS_OF_MONTH + 1):
        statements += [
            f"""
            create or replace temp table month_state as
            select
                coalesce(state.customer_id, news.customer_id) as customer_id,
                {month} as month_index,
                coalesce(state.remembered, 0) as opening_exact,
                coalesce(state.remembered, 0) * 0.95 + coalesce(news.points, 0) as exact,
                coalesce(news.points, 0) as new_penalty_points,
                coalesce(state.until_month_index, news.until_month_index) as until_month_index
            from state
            full outer join (
                select customer_id, sum(penalty_points) as points, min(until_month_index) as until_month_index
                from events
                where month_index = {month}
                group by customer_id
            ) as news on state.customer_id = news.customer_id
            """,
            f"""
            insert into result
            with remembered as (
                select
                    *,
                    cast(opening_exact as decimal(18, 6)) as opening_remembered,
                    cast(exact as decimal(18, 6)) as remembered
                from month_state
            )
            {_FINAL}
            """,
            f"""
            create or replace table state as
            select customer_id, exact as remembered, until_month_index from month_state
            where until_month_index > {month}
            """,
        ]
    return tuple(statements)


def pandas_months(inputs: str, output: str) -> list[list[str]]:
    """The segments' way in pandas: group, running sum, repeat, multiply, write Parquet."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    incidents = pd.read_parquet(f"{inputs}/incidents.parquet")
    customers = pd.read_parquet(f"{inputs}/customers.parquet")
    incidents = incidents[incidents["penalty_points"] > 0].merge(customers, on="customer_id")
    ended = pd.to_datetime(incidents["relationship_ended_on"])
    happened = pd.to_datetime(incidents["occurred_on"])
    kept = ended.isna() | (happened <= ended)
    incidents, ended, happened = incidents[kept], ended[kept], happened[kept]
    incidents["k"] = (happened.dt.year - 2000) * 12 + happened.dt.month - 1
    incidents["until"] = ((ended.dt.year - 2000) * 12 + ended.dt.month - 1).fillna(AS_OF_MONTH)
    segments = (
        incidents.groupby(["customer_id", "k"], as_index=False)
        .agg(new=("penalty_points", "sum"), until=("until", "min"))
        .sort_values(["customer_id", "k"], ignore_index=True)
    )
    segments["weight"] = segments["new"] * 0.95 ** -segments["k"].astype(float)
    by_customer = segments.groupby("customer_id")
    segments["w"] = by_customer["weight"].cumsum()
    segments["w_before"] = by_customer["w"].shift(1, fill_value=0.0)
    after = by_customer["k"].shift(-1) - 1
    last = np.minimum(after.fillna(AS_OF_MONTH), np.minimum(segments["until"], AS_OF_MONTH)).astype(int)
    length = (last - segments["k"] + 1).to_numpy()
    row = np.repeat(np.arange(len(segments)), length)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    k = segments["k"].to_numpy()[row] + offset
    is_first = offset == 0
    new = np.where(is_first, segments["new"].to_numpy()[row], 0.0)
    w, w_before = segments["w"].to_numpy()[row], segments["w_before"].to_numpy()[row]
    power = 0.95 ** np.arange(0, AS_OF_MONTH + 1, dtype=float)
    remembered = np.round(w * power[k], 6)
    opening = np.round(np.where(is_first, w_before, w) * power[k - 1], 6)
    months = pd.date_range("2000-01-01", periods=AS_OF_MONTH + 1, freq="MS").to_numpy("datetime64[D]")

    def points(values: np.ndarray) -> pa.Array:
        return pa.array(values).cast(pa.decimal128(18, 6), safe=False)

    pq.write_table(
        pa.table(
            {
                "customer_id": pa.array(segments["customer_id"]).take(pa.array(row)),
                "balance_month": pa.array(months[k]),
                "opening_points": points(BUDGET - opening),
                "new_penalty_points": points(new),
                "recovered_points": points(opening + new - remembered),
                "budget_change_points": points(np.zeros(len(k))),
                "closing_points": points(BUDGET - remembered),
                "is_negative": pa.array(BUDGET - remembered < 0),
                "became_negative": pa.array((BUDGET - remembered < 0) & (BUDGET - remembered + new >= 0)),
                "limit_crossed_by_tenure": pa.array(np.zeros(len(k), dtype=bool)),
            }
        ),
        output,
        compression="zstd",
    )
    return []


def polars_months(inputs: str, output: str) -> list[list[str]]:
    """The segments' way in Polars, lazily, written by its own Parquet sink."""
    import polars as pl

    def month_index(column: str) -> pl.Expr:
        return ((pl.col(column).dt.year() - 2000) * 12 + pl.col(column).dt.month() - 1).cast(pl.Int32)

    points = pl.Decimal(18, 6)
    power = pl.lit(0.95)
    segments = (
        pl.scan_parquet(f"{inputs}/incidents.parquet")
        .filter(pl.col("penalty_points") > 0)
        .join(pl.scan_parquet(f"{inputs}/customers.parquet"), on="customer_id")
        .filter(
            pl.col("relationship_ended_on").is_null()
            | (pl.col("occurred_on") <= pl.col("relationship_ended_on"))
        )
        .with_columns(k=month_index("occurred_on"), until=month_index("relationship_ended_on"))
        .group_by("customer_id", "k")
        .agg(new=pl.col("penalty_points").sum(), until=pl.col("until").min())
        .sort("customer_id", "k")
        .with_columns(
            w=(pl.col("new") * power.pow(-pl.col("k").cast(pl.Float64))).cum_sum().over("customer_id"),
            after=pl.col("k").shift(-1).over("customer_id") - 1,
        )
        .with_columns(
            w_before=pl.col("w").shift(1).over("customer_id").fill_null(0.0),
            last=pl.min_horizontal(
                pl.col("after").fill_null(AS_OF_MONTH), pl.col("until").fill_null(AS_OF_MONTH), AS_OF_MONTH
            ),
        )
        .filter(pl.col("last") >= pl.col("k"))
        .with_columns(m=pl.int_ranges(pl.col("k"), pl.col("last") + 1, dtype=pl.Int32))
        .explode("m")
    )
    powers = pl.LazyFrame({"m": range(AS_OF_MONTH + 2)}, schema={"m": pl.Int32}).select(
        "m",
        power=power.pow(pl.col("m").cast(pl.Float64)),
        previous_power=power.pow((pl.col("m") - 1).cast(pl.Float64)),
        balance_month=pl.date(2000 + pl.col("m") // 12, pl.col("m") % 12 + 1, 1),
    )
    is_first = pl.col("m") == pl.col("k")
    (
        segments.join(powers, on="m")
        .select(
            "customer_id",
            "balance_month",
            new=pl.when(is_first).then(pl.col("new")).otherwise(0.0),
            now=(pl.col("w") * pl.col("power")).round(6),
            before=(
                pl.when(is_first).then(pl.col("w_before")).otherwise(pl.col("w")) * pl.col("previous_power")
            ).round(6),
        )
        .select(
            "customer_id",
            "balance_month",
            opening_points=(BUDGET - pl.col("before")).cast(points),
            new_penalty_points=pl.col("new").cast(points),
            recovered_points=(pl.col("before") + pl.col("new") - pl.col("now")).cast(points),
            budget_change_points=pl.lit(0.0).cast(points),
            closing_points=(BUDGET - pl.col("now")).cast(points),
            is_negative=pl.col("now") > BUDGET,
            became_negative=(pl.col("now") > BUDGET) & (pl.col("now") - pl.col("new") <= BUDGET),
            limit_crossed_by_tenure=pl.lit(False),
        )
        .sink_parquet(output, compression="zstd")
    )
    return []
