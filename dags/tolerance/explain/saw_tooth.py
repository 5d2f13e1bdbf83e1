"""The account month by month as a picture: it falls with an incident and climbs while it forgets."""

from __future__ import annotations

import math
from collections.abc import Sequence

_STEP = 25
_ABOVE, _BELOW, _EMPTY = "█", "▒", " "
_LABEL_WIDTH = 5


def picture(balances: Sequence[float], width: int) -> list[str]:
    """Lines of at most `width` characters, a column per month and the latest at the right.

    A full block is a part of what is left above zero, a shaded one what is missing below it.
    """
    shown = list(balances)[-(width - _LABEL_WIDTH) :]
    top = max(_STEP, _STEP * math.ceil(max(shown) / _STEP))
    bottom = min(0, _STEP * math.floor(min(shown) / _STEP))
    lines = []
    for level in range(top, bottom, -_STEP):
        # A line stands for what lies between its level and the next lower one.
        middle = level - _STEP / 2
        cells = [
            (_ABOVE if balance >= middle else _EMPTY)
            if middle > 0
            else (_BELOW if balance <= middle else _EMPTY)
            for balance in shown
        ]
        lines.append(f"{level:>{_LABEL_WIDTH - 1}} {''.join(cells)}".rstrip())
    return lines
