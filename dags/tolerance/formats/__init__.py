"""Where one record ends and the next begins: from bytes to framed records with their positions.

Nothing here knows what a field means. Frames are cut from memory-mapped content, so a file may be
of any size; a broken record does not affect its neighbours.
"""
