"""Mapping profiles: how the export of another help desk or system becomes the contract's fields.

One file of YAML per vendor lies in this folder; a company adds its own file of the same form. A delivered
file gets its profile from the name it was delivered under, as declared there; its content is never sniffed.
What applies a profile to bytes is `readers/mapped.py`.
"""
