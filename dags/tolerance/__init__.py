"""The file work of the tolerance warehouse, in plain Python.

Python writes files, dbt writes tables, nobody writes both. Only
`airflow_`, the glue that the DAG files use, imports airflow.
"""
