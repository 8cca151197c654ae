"""Slots for what may be in flight at once: first come, first served; their number may change while they are taken."""

import asyncio
from collections import deque


class Slots:
    """`async with slots:` holds one. All that are free are always handed out: who waits, waits for a full house."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        """More than `limit` for a while after it shrank: nobody is thrown out."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self.taken < self.limit:
            self.taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn had come in the same moment
                self._give_back()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def resize(self, limit: int) -> None:
        """Hand out more from now on, or none until enough have come back."""
        self.limit = limit
        self._hand_out()

    def _give_back(self) -> None:
        self.taken -= 1
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self.taken < self.limit:
            turn = self._waiting.popleft()
            if not turn.cancelled():
                self.taken += 1
                turn.set_result(None)
