"""The warehouse's own list: all columns under their own names, written whatever other profiles are used."""

from tolerance.crm.list_profile import ListProfile

PROFILE = ListProfile(name="canonical", file_name="alerts.csv")
