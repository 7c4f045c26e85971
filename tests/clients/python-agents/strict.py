"""openai-agents, driven by the hub's end-to-end tests: converts every tool to OpenAI's strict mode.

Standard output is a JSON list of `{"name": …, "strict": …, "parameters": {…}}`, as the SDK would
send them to a model.
"""

import argparse
import asyncio
import json
import sys

from agents import Agent, RunContextWrapper
from agents.mcp import MCPServerStreamableHttp
from agents.mcp.util import MCPUtil


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    url = parser.parse_args().url
    async with MCPServerStreamableHttp(params={"url": url}) as server:
        tools = await MCPUtil.get_function_tools(
            server,
            convert_schemas_to_strict=True,
            run_context=RunContextWrapper(context=None),
            agent=Agent(name="agent"),
        )
    converted = [
        {
            "name": tool.name,
            "strict": tool.strict_json_schema,
            "parameters": tool.params_json_schema,
        }
        for tool in tools
    ]
    json.dump(converted, sys.stdout)


asyncio.run(main())
