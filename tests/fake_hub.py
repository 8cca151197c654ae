"""A small Hub on 127.0.0.1, for the real clients: repositories of datasets, LFS uploads, commits, tags, downloads.

Commits are whole: files come by the commit's lines, large ones must have been uploaded before. It runs in a process of
its own, keeps everything in memory, and makes the faults that it is asked for: a status for the next requests whose
path holds a word, or a connection that is closed instead.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

TOKEN = "hf_onlyfortests"


class Hub:
    """What stands there, and how it is asked for."""

    def __init__(self, *, delay: float = 0.0) -> None:
        self.commits: dict[str, list[tuple[str, dict[str, str]]]] = {}
        """Of each repository: commit id and its files, path to sha256; the last is the head."""
        self.tags: dict[str, dict[str, str]] = {}
        self.blobs: dict[str, bytes] = {}
        self.log: list[str] = []
        self.faults: list[list[Any]] = []
        """[word in the path, status or 0 for a closed connection, how often]."""
        self.delay = delay

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 30, middlewares=[self._fail])
        repo = "{user:[^/]+}/{name:[^/.]+}"
        app.add_routes(
            [
                web.post("/api/repos/create", self._create),
                web.post("/api/validate-yaml", self._validate),
                web.post(f"/api/datasets/{repo}/preupload/{{revision}}", self._preupload),
                web.post(f"/datasets/{repo}.git/info/lfs/objects/batch", self._batch),
                web.put("/lfs/{oid}", self._put),
                web.post(f"/api/datasets/{repo}/commit/{{revision}}", self._commit),
                web.post(f"/api/datasets/{repo}/tag/{{revision}}", self._tag),
                web.get(f"/api/datasets/{repo}", self._info),
                web.get(f"/api/datasets/{repo}/revision/{{revision}}", self._info),
                web.get(f"/api/datasets/{repo}/tree/{{revision}}", self._tree),
                web.get(f"/api/datasets/{repo}/tree/{{revision}}/{{path:.+}}", self._tree),
                web.post(f"/api/datasets/{repo}/paths-info/{{revision}}", self._paths_info),
                web.get(f"/datasets/{repo}/resolve/{{revision}}/{{path:.+}}", self._resolve),
                web.get("/state", self._state),
                web.post("/faults", self._take_faults),
            ]
        )
        return app

    @web.middleware
    async def _fail(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.log.append(f"{request.method} {request.path}")
        await asyncio.sleep(self.delay)
        for fault in self.faults:
            word, status, left = fault
            if left and word in request.path:
                fault[2] -= 1
                if status:
                    return web.json_response({"error": "asked for"}, status=status)
                assert request.transport is not None
                request.transport.abort()
        return await handler(request)

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "Invalid token"}, status=401)
        repo = f"{asked['organization']}/{asked['name']}"
        url = f"http://{request.host}/datasets/{repo}"
        if repo in self.commits:
            return web.json_response({"error": "You already created this dataset repo", "url": url}, status=409)
        self.commits[repo] = [(hashlib.sha1(repo.encode()).hexdigest(), {})]
        return web.json_response({"url": url})

    async def _validate(self, request: web.Request) -> web.Response:
        return web.json_response({"errors": [], "warnings": []})

    async def _preupload(self, request: web.Request) -> web.Response:
        files = [
            {"path": file["path"], "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular"}
            for file in (await request.json())["files"]
        ]
        return web.json_response({"files": [file | {"shouldIgnore": False} for file in files]})

    async def _batch(self, request: web.Request) -> web.Response:
        objects = [self._offer(asked, request.host) for asked in (await request.json())["objects"]]
        return web.json_response({"transfer": "basic", "objects": objects})

    def _offer(self, asked: dict[str, Any], host: str) -> dict[str, Any]:
        if asked["oid"] in self.blobs:
            return asked
        return asked | {"actions": {"upload": {"href": f"http://{host}/lfs/{asked['oid']}", "header": {}}}}

    async def _put(self, request: web.Request) -> web.Response:
        data = await request.read()
        oid = request.match_info["oid"]
        if hashlib.sha256(data).hexdigest() != oid:
            return web.Response(status=400)
        self.blobs[oid] = data
        return web.Response()

    async def _commit(self, request: web.Request) -> web.Response:
        repo = _repo(request)
        lines = [json.loads(line) for line in (await request.read()).splitlines()]
        head, files = self.commits[repo][-1]
        if lines[0]["value"].get("parentCommit", head) != head:
            return web.json_response({"error": "A commit has happened since"}, status=412)
        files = dict(files)
        for line in lines[1:]:
            self._apply(line["key"], line["value"], files)
        commit = hashlib.sha1(f"{head}{len(self.commits[repo])}".encode()).hexdigest()
        self.commits[repo].append((commit, files))
        return web.json_response({"commitUrl": f"http://{request.host}/{repo}/commit/{commit}", "commitOid": commit})

    def _apply(self, key: str, value: dict[str, Any], files: dict[str, str]) -> None:
        if key == "file":
            data = base64.b64decode(value["content"])
            files[value["path"]] = hashlib.sha256(data).hexdigest()
            self.blobs[files[value["path"]]] = data
        elif key == "lfsFile":
            assert value["oid"] in self.blobs, "a commit may only name what was uploaded"
            files[value["path"]] = value["oid"]
        elif key == "deletedFile":
            del files[value["path"]]

    async def _tag(self, request: web.Request) -> web.Response:
        tags, name = self.tags.setdefault(_repo(request), {}), (await request.json())["tag"]
        if name in tags:
            return web.json_response({"error": "Tag exists"}, status=409)
        tags[name] = self._find(request)[0]
        return web.json_response({})

    def _find(self, request: web.Request) -> tuple[str, dict[str, str]]:
        commits, revision = self.commits[_repo(request)], request.match_info.get("revision", "main")
        if revision == "main":
            return commits[-1]
        revision = self.tags.get(_repo(request), {}).get(revision, revision)
        return next(commit for commit in commits if commit[0] == revision)

    async def _info(self, request: web.Request) -> web.Response:
        if _repo(request) not in self.commits:
            return web.json_response({"error": "Repository not found"}, status=404)
        commit, files = self._find(request)
        siblings = [{"rfilename": path} for path in sorted(files)]
        facts = {"id": _repo(request), "sha": commit, "siblings": siblings, "private": False, "tags": []}
        return web.json_response(facts | {"disabled": False, "downloads": 0, "likes": 0})

    def _entry(self, path: str, oid: str) -> dict[str, Any]:
        return {"type": "file", "path": path, "size": len(self.blobs[oid]), "oid": oid}

    async def _tree(self, request: web.Request) -> web.Response:
        """Files and folders right under a path, or all below it."""
        under = request.match_info.get("path", "")
        deep = request.query.get("recursive", "").lower() in {"1", "true"}
        start = f"{under}/" if under else ""
        inside = {path: oid for path, oid in sorted(self._find(request)[1].items()) if path.startswith(start)}
        entries = [self._entry(path, oid) for path, oid in inside.items() if deep or "/" not in path[len(start) :]]
        folders = sorted({path[len(start) :].partition("/")[0] for path in inside if "/" in path[len(start) :]})
        entries += [{"type": "directory", "path": start + folder, "oid": "0" * 40, "size": 0} for folder in folders]
        return web.json_response(entries)

    async def _paths_info(self, request: web.Request) -> web.Response:
        asked = (await request.json())["paths"] if request.content_type.endswith("json") else []
        asked = asked or [str(path) for path in (await request.post()).getall("paths", [])]
        files = self._find(request)[1]
        entries = [self._entry(path, files[path]) for path in asked if path in files]
        folders = {path for path in asked if any(file.startswith(f"{path}/") for file in files)}
        entries += [{"type": "directory", "path": path, "oid": "0" * 40, "size": 0} for path in sorted(folders)]
        return web.json_response(entries)

    async def _resolve(self, request: web.Request) -> web.Response:
        commit, files = self._find(request)
        oid = files.get(request.match_info["path"])
        headers = {"X-Repo-Commit": commit}
        if oid is None:
            return web.Response(status=404, headers=headers | {"X-Error-Code": "EntryNotFound"})
        body = self.blobs[oid]
        headers |= {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"}
        if (wanted := request.http_range).start is not None:
            return web.Response(body=body[wanted], status=206, headers=headers)
        return web.Response(body=body, headers=headers)

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response({"commits": self.commits, "tags": self.tags, "log": self.log})

    async def _take_faults(self, request: web.Request) -> web.Response:
        self.faults = await request.json()
        return web.Response()


def _repo(request: web.Request) -> str:
    return f"{request.match_info['user']}/{request.match_info['name']}"


class Served:
    """A Hub that runs elsewhere."""

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/state") as answer:
            return json.load(answer)

    def fail(self, *faults: tuple[str, int, int]) -> None:
        request = urllib.request.Request(f"{self.url}/faults", json.dumps(faults).encode(), method="POST")
        urllib.request.urlopen(request).close()


@contextmanager
def serve_hub(*, delay: float = 0.0) -> Generator[Served]:
    command = [sys.executable, __file__, "--delay", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Served(process.stdout.readline().strip())
        finally:
            process.kill()


async def _serve(delay: float) -> None:
    runner = web.AppRunner(Hub(delay=delay).app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print("http://{}:{}".format(*runner.addresses[0]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    asyncio.run(_serve(parser.parse_args().delay))
