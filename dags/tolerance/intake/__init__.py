"""Takes the deliveries of one source in: land, read, expect, load. What one ingest DAG runs.

Each step can be killed at any moment and simply run again: what it makes stands in
`work/` until `load` renames it into place, and the load record, written last, is what
makes a load real. Folders in `raw/` and `quarantine/` without a load record are the
leftovers of a kill and are swept away.

`loads` alone is what most others need, and it is light: whoever lists the loads starts no engine.
"""
