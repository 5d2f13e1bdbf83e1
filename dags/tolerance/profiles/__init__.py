"""Mapping profiles: how the export of another help desk or system becomes the contract's fields.

This folder has one YAML file per vendor; a company adds its own file of the same form. A delivered file gets
its profile by the name it was delivered under, by declared rules; its content is never sniffed.
`readers/mapped.py` applies a profile to bytes.
"""
