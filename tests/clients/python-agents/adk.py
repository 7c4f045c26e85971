"""google-adk, driven by the hub's end-to-end tests without a model.

1. The toolset connects to the hub, lists the tools and converts them for the model.
2. In place of the model, a script makes the calls of standard input, a JSON list of
   `{"name": …, "args": {…}}`, one a turn; the runner and the tools are ADK's own.
3. Standard output is one JSON object: `tools`, the function declarations that the model was
   given, and `results`, what the calls returned to it.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StreamableHTTPConnectionParams
from google.genai import types


class Script(BaseLlm):
    """A model that makes the given calls and keeps what it receives."""

    calls: list[dict[str, Any]]
    tools: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        dump = {"exclude_none": True, "by_alias": True, "mode": "json"}
        self.tools = [tool.model_dump(**dump) for tool in llm_request.config.tools or []]
        last = llm_request.contents[-1].parts or []
        self.results += [
            part.function_response.response for part in last if part.function_response
        ]
        made = len(self.results)
        if made < len(self.calls):
            call = self.calls[made]
            part = types.Part.from_function_call(name=call["name"], args=call["args"])
        else:
            part = types.Part.from_text(text="done")
        content = types.Content(role="model", parts=[part])
        yield LlmResponse(content=content)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    url = parser.parse_args().url
    script = Script(model="script", calls=json.load(sys.stdin))
    toolset = McpToolset(connection_params=StreamableHTTPConnectionParams(url=url))
    agent = LlmAgent(name="agent", model=script, tools=[toolset])
    runner = InMemoryRunner(agent=agent, app_name="test")
    await runner.session_service.create_session(
        app_name="test", user_id="user", session_id="session"
    )
    hello = types.Content(role="user", parts=[types.Part.from_text(text="Hello")])
    async for _ in runner.run_async(user_id="user", session_id="session", new_message=hello):
        pass
    await toolset.close()
    json.dump({"tools": script.tools, "results": script.results}, sys.stdout)


asyncio.run(main())
