"""The Python SDK, driven by the hub's end-to-end tests.

1. Open a loopback listener for the redirect.
2. Connect. A 401 makes the SDK discover, register and ask for a redirect: the
   URL is printed and the test opens it in a browser.
3. The redirect arrives at the listener; the SDK exchanges the code and goes on.
4. Carry out the commands on standard input, one JSON object a line, each
   answered by one JSON line (../README.md has the protocol).
5. What must outlive the process (registration, tokens) is in the state file.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from mcp.types import PromptReference
from pydantic import BaseModel

NAME = "sdk-python-test-client"
SIGN_IN_TIMEOUT_SECONDS = 120


class SignInFailed(Exception):
    """The redirect brought an error instead of a code."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


class StateFile:
    """The SDK's `TokenStorage`, in a JSON file.

    The SDK refreshes only when it knows that the access token has expired, and
    forgets the expiry with the process. So the time is stored here, and a token
    past it is handed out blank, which the SDK takes for expired.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._saved: dict[str, Any] = {}
        if path is not None and path.exists():
            self._saved = json.loads(path.read_text())

    @property
    def tokens(self) -> dict[str, Any]:
        return self._saved.get("tokens", {})

    async def get_tokens(self) -> OAuthToken | None:
        if "tokens" not in self._saved:
            return None
        tokens = OAuthToken.model_validate(self._saved["tokens"])
        if time.time() >= self._saved["expires_at"]:
            tokens.access_token = ""
        return tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._saved["tokens"] = tokens.model_dump(mode="json", exclude_none=True)
        self._saved["expires_at"] = time.time() + (tokens.expires_in or 0)
        self._write()

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        if "client" not in self._saved:
            return None
        return OAuthClientInformationFull.model_validate(self._saved["client"])

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._saved["client"] = client_info.model_dump(mode="json", exclude_none=True)
        self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self._saved, file, indent=2)


class RedirectListener:
    """A listener on a free loopback port that hands over what redirects bring."""

    async def open(self) -> str:
        """Starts listening; returns the redirect URI."""
        self._arrived, self._redirects = anyio.create_memory_object_stream[dict[str, list[str]]](8)
        self._listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
        port = self._listener.extra(anyio.abc.SocketAttribute.local_port)
        return f"http://127.0.0.1:{port}/callback"

    async def serve(self) -> None:
        await self._listener.serve(self._answer)

    async def _answer(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            request = b""
            while b"\r\n\r\n" not in request:
                try:
                    request += await stream.receive()
                except anyio.EndOfStream:
                    return
            target = urlsplit(request.split(b" ", 2)[1].decode())
            found = target.path == "/callback"
            status = "200 OK" if found else "404 Not Found"
            body = b"<!doctype html><title>Signed in</title><p>You can close this page.</p>" if found else b""
            head = (
                f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            await stream.send(head.encode() + body)
            if found:
                await self._arrived.send(parse_qs(target.query))

    async def next(self) -> AuthorizationCodeResult:
        """Waits for the next redirect. Raises `SignInFailed` if it brings an error."""
        with anyio.fail_after(SIGN_IN_TIMEOUT_SECONDS):
            params = await self._redirects.receive()

        def one(name: str) -> str | None:
            return params.get(name, [None])[0]

        if (error := one("error")) is not None:
            raise SignInFailed(error, one("error_description") or "sign-in failed")
        return AuthorizationCodeResult(code=one("code") or "", state=one("state"), iss=one("iss"))


async def print_authorization_url(url: str) -> None:
    emit({"event": "authorize", "url": url})


async def list_tools(client: Client) -> None:
    names: list[str] = []
    cursor = None
    while True:
        page = await client.list_tools(cursor=cursor, cache_mode="refresh")
        names.extend(tool.name for tool in page.tools)
        cursor = page.next_cursor
        if cursor is None:
            break
    emit({"event": "tools", "names": names})


async def execute(command: dict[str, Any], client: Client, provider: OAuthClientProvider, state: StateFile) -> None:
    """Carries out one command; a failure is answered, and the client goes on."""
    try:
        if "call" in command:
            result = await client.call_tool(command["call"], command.get("arguments", {}))
            emit({"event": "result", "tool": command["call"], "result": dump(result)})
        elif command.get("list"):
            await list_tools(client)
        elif command.get("resources"):
            page = await client.list_resources(cache_mode="refresh")
            emit({"event": "resources", "uris": [str(resource.uri) for resource in page.resources]})
        elif "read" in command:
            result = await client.read_resource(command["read"], cache_mode="refresh")
            emit({"event": "resource", "result": dump(result)})
        elif "prompt" in command:
            result = await client.get_prompt(command["prompt"], command.get("arguments"))
            emit({"event": "prompt", "result": dump(result)})
        elif "complete" in command:
            argument = {"name": command["argument"], "value": command["value"]}
            completed = await client.complete(PromptReference(name=command["complete"]), argument)
            emit({"event": "completion", "values": completed.completion.values})
        elif command.get("refresh"):
            before = dict(state.tokens)
            if not before:
                raise ValueError("not signed in")
            # The only way to say "expired" to the SDK within a process.
            provider.context.token_expiry_time = 1.0
            await client.list_tools(cache_mode="refresh")
            after = state.tokens
            emit(
                {
                    "event": "refreshed",
                    "access_token_changed": after["access_token"] != before["access_token"],
                    "refresh_token_changed": after.get("refresh_token") != before.get("refresh_token"),
                }
            )
        else:
            raise ValueError("unknown command")
    except Exception as error:
        emit({"event": "error", "tool": command.get("call"), **describe(error)})


async def session(options: argparse.Namespace, listener: RedirectListener, redirect_uri: str) -> None:
    """One connection, from sign-in to `{"close":true}`."""
    state = StateFile(options.state)
    provider = OAuthClientProvider(
        server_url=options.url,
        client_metadata=OAuthClientMetadata(
            client_name=NAME,
            redirect_uris=[redirect_uri],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method=options.auth_method,
        ),
        storage=state,
        redirect_handler=print_authorization_url,
        callback_handler=listener.next,
    )
    async with (
        httpx2.AsyncClient(auth=provider, timeout=60) as http,
        Client(streamable_http_client(options.url, http_client=http)) as client,
    ):
        server = client.server_info
        emit(
            {
                "event": "connected",
                "protocol": client.protocol_version,
                "server": server.model_dump(mode="json", by_alias=True, exclude_none=True) if server else None,
            }
        )
        await list_tools(client)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            if not line.strip():
                continue
            command = json.loads(line)
            if command.get("close"):
                break
            await execute(command, client, provider, state)


async def main(options: argparse.Namespace) -> int:
    try:
        listener = RedirectListener()
        redirect_uri = await listener.open()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve)
            await session(options, listener, redirect_uri)
            tasks.cancel_scope.cancel()
    except Exception as error:
        emit({"event": "fatal", **describe(error)})
        return 1
    emit({"event": "closed"})
    return 0


def dump(result: BaseModel) -> dict[str, Any]:
    """A result as it is in the protocol."""
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


def describe(error: BaseException) -> dict[str, Any]:
    """What a test may assert about an error; a group of one is the error in it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    cause = error.__cause__
    return {
        "name": type(error).__name__,
        "code": getattr(error, "code", None),
        "message": str(error),
        "cause": str(cause) if cause is not None else None,
    }


def emit(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="the MCP endpoint")
    parser.add_argument("--state", type=Path, help="where the registration and the tokens are kept")
    parser.add_argument("--auth-method", default="none", help="token_endpoint_auth_method to register with")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(anyio.run(main, parse_options()))
