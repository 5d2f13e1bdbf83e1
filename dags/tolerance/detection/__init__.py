"""From contacts to incidents: what a text tells of, which ticket it names, what belongs together.

Models call these functions by name; `macros/python/tolerance_plugin.py` registers them for SQL.
"""
