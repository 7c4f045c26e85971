// The 1.x line of the TypeScript SDK: the 2025 protocol, which starts with `initialize`.

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { run } from './harness.mjs';

const name = 'sdk-v1-test-client';

await run({
  name,
  createClient: () => new Client({ name, version: '1.0.0' }),
  createTransport: (url, options) => new StreamableHTTPClientTransport(url, options),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
  finishSignIn: (transport, params) => transport.finishAuth(params.get('code')),
});
