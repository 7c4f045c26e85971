"""The Python SDK as of May 2025, driven by the hub's end-to-end tests.

It accepts no protocol version but 2024-11-05, and it cannot sign in: the state
file holds the access token. Otherwise it follows ../README.md.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def execute(command: dict[str, Any], session: ClientSession) -> None:
    """Carries out one command; a failure is answered, and the client goes on."""
    try:
        if "call" in command:
            result = await session.call_tool(command["call"], command.get("arguments", {}))
            dumped = result.model_dump(mode="json", by_alias=True, exclude_none=True)
            emit({"event": "result", "tool": command["call"], "result": dumped})
        elif command.get("list"):
            await list_tools(session)
        else:
            raise ValueError("unknown command")
    except Exception as error:
        emit({"event": "error", "tool": command.get("call"), "name": type(error).__name__, "message": str(error)})


async def list_tools(session: ClientSession) -> None:
    page = await session.list_tools()
    emit({"event": "tools", "names": [tool.name for tool in page.tools]})


async def main(options: argparse.Namespace) -> None:
    token = json.loads(options.state.read_text())["tokens"]["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        streamablehttp_client(options.url, headers=headers) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        initialized = await session.initialize()
        server = initialized.serverInfo.model_dump(mode="json", by_alias=True, exclude_none=True)
        emit({"event": "connected", "protocol": initialized.protocolVersion, "server": server})
        await list_tools(session)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            command = json.loads(line)
            if command.get("close"):
                break
            await execute(command, session)
    emit({"event": "closed"})


def emit(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="the MCP endpoint")
    parser.add_argument("--state", type=Path, required=True, help="where the access token is")
    return parser.parse_args()


if __name__ == "__main__":
    anyio.run(main, parse_options())
