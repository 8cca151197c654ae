"""The embedded server's pages: /v1/chat/completions, /v1/models, /health.

A stream is a whole reply in pieces: it has the form that clients are to be tried on, not early words.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ovlt_data.serve.batcher import Batcher
from ovlt_data.serve.model import LoadedModel, Prompt
from ovlt_data.serve.sampling import Sampling
from ovlt_data.serve.wire import Refusal, Request, decode_request, encode_completion, encode_events


def make_app(model: LoadedModel, *, name: str) -> Starlette:
    """An app that serves one model under one name."""
    server = _Server(model, name)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", server.complete, methods=["POST"]),
            Route("/v1/models", server.models),
            Route("/health", server.health),
        ],
        exception_handlers={Refusal: _refuse, HTTPException: _refuse_page, Exception: _fail},
        lifespan=server.live,
    )


class _Server:
    def __init__(self, model: LoadedModel, name: str) -> None:
        self._model = model
        self._name = name
        self._started = int(time.time())
        self._batcher = Batcher(model)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        """One thread, because a tokenizer that two ask at once may refuse."""

    @asynccontextmanager
    async def live(self, _: Starlette) -> AsyncGenerator[None, None]:
        worker = asyncio.create_task(self._batcher.run())
        yield
        worker.cancel()

    async def complete(self, http: HttpRequest) -> Response:
        request = decode_request(await http.body())
        if request.model != self._name:
            raise Refusal(
                f"The model `{request.model}` does not exist; this server has `{self._name}`",
                status=HTTPStatus.NOT_FOUND,
                param="model",
            )
        prompt = await asyncio.get_running_loop().run_in_executor(self._reader, self._model.read, request)
        choices = await self._batcher.ask(prompt, self._samplings(request, prompt))
        completion = encode_completion(self._name, choices, prompt_tokens=prompt.tokens, opened=prompt.opened)
        if not request.stream:
            return JSONResponse(completion)
        events = encode_events(completion, words=request.stream_interval, usage=request.stream_options.include_usage)
        return StreamingResponse(_one_by_one(events), media_type="text/event-stream")

    async def models(self, _: HttpRequest) -> Response:
        card: dict[str, Any] = {
            "id": self._name,
            "object": "model",
            "created": self._started,
            "owned_by": "ovlt",
            "root": str(self._model.folder),
            "max_model_len": self._model.context,
        }
        return JSONResponse({"object": "list", "data": [card]})

    async def health(self, _: HttpRequest) -> Response:
        return Response()

    def _samplings(self, request: Request, prompt: Prompt) -> list[Sampling]:
        """Choice i of a request with seed S is sampled with S + i, which is vLLM's rule."""
        seeds = [secrets.randbits(48) if request.seed is None else request.seed + i for i in range(request.n)]
        cap = request.cap or self._model.context - prompt.tokens
        return [
            Sampling(
                seed=seed,
                max_tokens=cap,
                temperature=request.temperature,
                top_p=request.top_p,
                top_k=request.top_k,
                min_p=request.min_p,
                repetition_penalty=request.repetition_penalty,
                presence_penalty=request.presence_penalty,
                frequency_penalty=request.frequency_penalty,
                stops=request.stops,
            )
            for seed in seeds
        ]


async def _one_by_one(events: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Without the threads that starlette would give a plain iterator."""
    for event in events:
        yield event


async def _refuse(_: HttpRequest, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return JSONResponse(refusal.body(), status_code=refusal.status)


async def _refuse_page(http: HttpRequest, error: Exception) -> Response:
    """No such page, or not in this way."""
    assert isinstance(error, HTTPException)
    return await _refuse(http, Refusal(f"{http.url.path}: {error.detail}", status=HTTPStatus(error.status_code)))


async def _fail(http: HttpRequest, error: Exception) -> Response:
    return await _refuse(http, Refusal(str(error), status=HTTPStatus.INTERNAL_SERVER_ERROR))
