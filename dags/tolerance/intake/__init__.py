"""Ingests one source: land, read, expect, load. What one ingest DAG runs.

Each step can be killed at any moment and simply run again: its output stays in `work/`
until `load` renames it into place, and the load record, written last, makes the load
count. Folders in `raw/` and `quarantine/` without a load record are left over from a
killed run and are removed.

Most callers need `loads` alone, and its imports are light: listing loads starts no engine.
"""
