// The TypeScript SDK as of April 2025: it accepts no protocol version but 2024-11-05.

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { run } from '../node/harness.mjs';

const name = 'sdk-v1.10-test-client';

/** The SDK's client, which itself forgets the protocol version it has agreed on. */
class VersionedClient extends Client {
  #protocol;

  async request(request, ...rest) {
    const result = await super.request(request, ...rest);
    if (request.method === 'initialize') this.#protocol = result.protocolVersion;
    return result;
  }

  getNegotiatedProtocolVersion() {
    return this.#protocol;
  }
}

await run({
  name,
  createClient: () => new VersionedClient({ name, version: '1.0.0' }),
  createTransport: (url, options) => new StreamableHTTPClientTransport(url, options),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
  finishSignIn: (transport, params) => transport.finishAuth(params.get('code')),
});
