"""Where one record ends and the next begins: bytes in, framed records with their position out.

Nothing here knows a field's meaning. Frames are cut from memory-mapped content, so a
file's size does not matter; a broken record costs itself and not its neighbours.
"""
