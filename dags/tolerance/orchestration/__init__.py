"""Airflow: the DAGs, their tasks, and what a task shares with the scheduler.

Nothing else of the library imports Airflow at its top. A task takes its date from the context, holds the lock
on STATE, calls one function of the library and turns the library's errors into a failed task with a sentence.
"""
