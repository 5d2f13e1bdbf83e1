"""How fast is the tolerance engine, beside its peers and the floor: `make bench`."""
