"""Threads for what may wait long for an upstream, apart from those that serve what is here."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

_T = TypeVar("_T")

_MOST = 64


class Outside:
    """Runs calls in threads of their own, so that an upstream that hangs holds up nothing but what is asked of it.

    The event loop's own threads are few (six on two processors), and they read files, tokens
    and the policy.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="upstream")

    async def __call__(self, call: Callable[..., _T], *args: object, **more: object) -> _T:
        """Give what ``call`` gives, or raise what it raises."""
        work = partial(call, *args, **more)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)
