"""Micro-batching: requests that wait at the same time are answered together.

One worker thread owns the model, so that torch never runs more threads than it was given. A batch takes what has
come while the last one ran; an idle server waits a few milliseconds for company.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from ovlt_data.serve.decode import reply
from ovlt_data.serve.model import LoadedModel, Prompt
from ovlt_data.serve.sampling import Sampling
from ovlt_data.serve.wire import Choice

ROWS = 64
"""At most in one batch, unless one request alone asks for more."""
PATIENCE = 0.005


class Job(Struct, frozen=True):
    prompt: Prompt
    samplings: Sequence[Sampling]
    answer: asyncio.Future[list[Choice]]


class Batcher:
    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self._waiting: deque[Job] = deque()
        self._arrived = asyncio.Event()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def ask(self, prompt: Prompt, samplings: Sequence[Sampling]) -> list[Choice]:
        job = Job(prompt, samplings, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._arrived.set()
        return await job.answer

    async def run(self) -> None:
        """Answer jobs until cancelled."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(PATIENCE)
            while jobs := self._take():
                await self._answer(jobs)
            self._arrived.clear()

    def _take(self) -> list[Job]:
        """The longest waiting jobs that fill a batch, without those whose client has gone."""
        jobs: list[Job] = []
        room = ROWS
        while self._waiting and (not jobs or len(self._waiting[0].samplings) <= room):
            job = self._waiting.popleft()
            if not job.answer.cancelled():
                jobs.append(job)
                room -= len(job.samplings)
        return jobs

    async def _answer(self, jobs: Sequence[Job]) -> None:
        work = asyncio.get_running_loop().run_in_executor(
            self._worker, reply, self._model, [job.prompt for job in jobs], [job.samplings for job in jobs]
        )
        try:
            answers = await work
        except Exception as error:  # whatever it is, it is these jobs' end and must not be the server's
            for job in jobs:
                _settle(job, error)
            return
        for job, choices in zip(jobs, answers, strict=True):
            _settle(job, choices)


def _settle(job: Job, result: list[Choice] | Exception) -> None:
    if job.answer.done():  # the client has gone meanwhile
        return
    if isinstance(result, Exception):
        job.answer.set_exception(result)
    else:
        job.answer.set_result(result)
