"""The list as this warehouse says it: all columns under their own names, written whoever else is told."""

from tolerance.crm.list_profile import ListProfile

PROFILE = ListProfile(name="canonical", file_name="alerts.csv")
