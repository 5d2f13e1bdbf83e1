"""One reader per source: bytes of a delivered file in, records with their position out."""
