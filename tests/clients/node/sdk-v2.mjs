// The 2.x line of the TypeScript SDK: it asks with `server/discover` first and
// falls back to `initialize`, and checks the `iss` of the redirect (RFC 9207).

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { run } from './harness.mjs';

const name = 'sdk-v2-test-client';

await run({
  name,
  createClient: () => new Client({ name, version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } }),
  createTransport: (url, options) => new StreamableHTTPClientTransport(url, options),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
  finishSignIn: (transport, params) => transport.finishAuth(params),
});
