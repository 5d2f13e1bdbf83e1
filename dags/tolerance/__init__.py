"""The file work of the tolerance warehouse, in plain Python.

Python writes files, dbt writes tables, nobody writes both. Only
`orchestration`, the DAGs and their tasks, imports airflow.
"""
