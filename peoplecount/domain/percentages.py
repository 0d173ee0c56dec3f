"""Shares of a whole as whole per cent that go together."""

from __future__ import annotations

from collections.abc import Sequence

_DECIMALS = 9
"""Of a share; what is further behind is the computer's."""


def whole_percentages(shares: Sequence[float]) -> list[int]:
    """Shares of 0 to 1 that sum up to 1, as whole per cent; of a share greater than 0, 0 stands for less than one.

    They sum up to 100, the largest remainders getting the last ones (largest remainder method); where some are less
    than one, to what those leave of it, 99 at most. So 100 is all of it.
    """
    exact = [round(100 * share, _DECIMALS) for share in shares]
    whole = [int(one) for one in exact]
    small = sum(one for one in exact if 0 < one < 1)
    left = 100 - (max(1, round(small)) if small else 0) - sum(whole)
    by_remainder = sorted(range(len(exact)), key=lambda place: (whole[place] - exact[place], place))
    for place in [place for place in by_remainder if whole[place]][:left]:
        whole[place] += 1
    return whole
