"""One reader per source: from the bytes of a delivered file to records with their positions."""
