"""The tolerance warehouse in Airflow: each DAG is described in `tolerance.orchestration.dags`."""

from tolerance.orchestration.dags import airflow_dags

globals().update(airflow_dags())
