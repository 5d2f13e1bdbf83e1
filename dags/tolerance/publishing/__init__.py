"""Publication: the checked tables go into one new file, which is renamed into place.

Readers open either yesterday's file or today's, never one that is half written. `contents` tells what a
generation holds, `write` makes the file, `generations` puts it in place and notes it.
"""
