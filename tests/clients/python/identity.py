"""The Python SDK with an identity assertion, driven by the hub's end-to-end tests.

1. Connect with the SDK's `IdentityAssertionOAuthProvider`. Whenever it needs an
   access token, it asks for an assertion: the user signs in at the company's
   provider, and the ID token is exchanged for an assertion there.
2. Call `get_myself` and print the result, with the tokens, as one JSON line.

Settings come by the environment: IDP, LOGIN, HUB, MCP_SERVER, CLIENT_ID and
CLIENT_SECRET.
"""

import json
import os
import sys
from typing import Any

import anyio
import httpx2
from mcp import Client
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

ASSISTANT = ("assistant", "secret-of-the-assistant")
SCOPE = "backlog:read"


class Memory:
    """The SDK's `TokenStorage`, as long as the process lives."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def at_provider(form: dict[str, str]) -> dict[str, Any]:
    """The response of the provider's token endpoint."""
    async with httpx2.AsyncClient(auth=ASSISTANT, timeout=60) as http:
        response = await http.post(f"{os.environ['IDP']}/token", data=form)
    if response.status_code != 200:
        raise RuntimeError(f"the provider refused: {response.text}")
    return response.json()


async def main() -> int:
    storage = Memory()

    async def assertion(audience: str, resource: str) -> str:
        signed_in = await at_provider(
            {"grant_type": "urn:example:params:oauth:grant-type:sign-in", "login": os.environ["LOGIN"]}
        )
        exchanged = await at_provider(
            {
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
                "subject_token": signed_in["id_token"],
                "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
                "audience": audience,
                "resource": resource,
                "scope": SCOPE,
            }
        )
        return exchanged["access_token"]

    url = os.environ["MCP_SERVER"]
    provider = IdentityAssertionOAuthProvider(
        server_url=url,
        storage=storage,
        client_id=os.environ["CLIENT_ID"],
        client_secret=os.environ["CLIENT_SECRET"],
        issuer=os.environ["HUB"],
        assertion_provider=assertion,
        scope=SCOPE,
    )
    try:
        async with (
            httpx2.AsyncClient(auth=provider, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            result = await client.call_tool("get_myself", {})
    except Exception as error:
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        print(json.dumps({"error": str(error)}), flush=True)
        return 0
    tokens = storage.tokens.model_dump(mode="json", exclude_none=True) if storage.tokens else None
    result = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    print(json.dumps({"result": result, "tokens": tokens}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(anyio.run(main))
