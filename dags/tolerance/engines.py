"""The packages that a run computes with, as they are told to people."""

ENGINES = ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
