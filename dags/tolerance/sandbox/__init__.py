"""Bounds what reading may cost: delivered files are read in child processes under time and memory limits."""
