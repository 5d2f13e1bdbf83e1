"""The warehouse's own list: all columns under their own names, written whatever other profiles are used."""

from tolerance.crm.list_profile import ListProfile

PROFILE = ListProfile(name="canonical", crm="the warehouse", columns=None, has_line_ends_in_cells=True)
