"""Shares that were counted, with how far chance alone may have led them."""

import math

_Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations


def interval(count: int, total: int) -> tuple[float, float]:
    """Give the 95 % interval of ``count`` out of ``total`` (Wilson's score interval)."""
    if not total:
        return 0.0, 1.0
    share, square = count / total, _Z**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    half /= 1 + square / total
    return max(middle - half, 0.0), min(middle + half, 1.0)


def told_share(count: int, total: int) -> str:
    """Give a share in words, with its interval."""
    low, high = interval(count, total)
    share = count / max(total, 1)
    return f"{count:,} of {total:,} ({share:.2%}, 95 % interval {low:.2%} to {high:.2%})"
