// The part of a test client that does not depend on the SDK's version.
//
// 1. Read the command line; open a loopback listener for the redirect.
// 2. Connect. A 401 makes the SDK discover, register and ask for a redirect:
//    the URL is printed and the test opens it in a browser.
// 3. The redirect arrives at the listener; the SDK exchanges the code; connect again.
// 4. Carry out the commands on standard input, one JSON object a line, each
//    answered by one JSON line (../README.md has the protocol).
// 5. What must outlive the process (registration, tokens) is in the state file.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const SIGN_IN_TIMEOUT_MS = 120_000;

// The 2.x line may answer tools/list from its own cache; a test wants the server's answer.
const UNCACHED = { cacheMode: 'refresh' };

/**
 * Runs a client until `{"close":true}`, the end of standard input, or a fatal error.
 *
 * `sdk` is what differs between the SDK's versions:
 *   name               shown to the server as the client's name
 *   createClient()     a new SDK client
 *   createTransport(url, options)
 *   isUnauthorized(error)   whether the SDK asks for a sign-in
 *   finishSignIn(transport, params)   hands over the redirect's parameters
 */
export async function run(sdk) {
  try {
    const { values: options } = parseArgs({
      options: {
        url: { type: 'string' },
        state: { type: 'string' },
        'auth-method': { type: 'string', default: 'none' },
      },
    });
    if (!options.url) throw new Error('--url is required');

    const listener = await listenForRedirect();
    const provider = new FileProvider({
      statePath: options.state,
      redirectUrl: listener.url,
      clientName: sdk.name,
      authMethod: options['auth-method'],
    });
    const session = new Session(sdk, new URL(options.url), provider, listener);
    await session.connect();
    await session.listTools();
    for await (const line of createInterface({ input: process.stdin })) {
      if (line.trim() === '') continue;
      const command = JSON.parse(line);
      if (command.close) break;
      await session.execute(command);
    }
    await session.close();
    listener.close();
    emit({ event: 'closed' });
    // Standard input may still be open and would keep the process alive.
    process.exit(0);
  } catch (error) {
    emit({ event: 'fatal', ...describe(error) });
    process.exit(1);
  }
}

/** One connection of the SDK, which signs in again whenever the SDK asks for it. */
class Session {
  constructor(sdk, url, provider, listener) {
    Object.assign(this, { sdk, url, provider, listener });
  }

  async connect() {
    await this.signingIn(async () => {
      this.transport = this.sdk.createTransport(this.url, { authProvider: this.provider });
      this.client = this.sdk.createClient();
      await this.client.connect(this.transport);
    });
    emit({
      event: 'connected',
      protocol: this.transport.protocolVersion ?? this.client.getNegotiatedProtocolVersion?.() ?? null,
      server: this.client.getServerVersion() ?? null,
    });
  }

  async listTools() {
    const names = [];
    let cursor;
    do {
      const page = await this.signingIn(() => this.client.listTools({ cursor }, UNCACHED));
      names.push(...page.tools.map((tool) => tool.name));
      cursor = page.nextCursor;
    } while (cursor);
    emit({ event: 'tools', names });
  }

  async execute(command) {
    try {
      if (command.call) {
        const request = { name: command.call, arguments: command.arguments ?? {} };
        const result = await this.signingIn(() => this.client.callTool(request));
        emit({ event: 'result', tool: command.call, result });
      } else if (command.list) {
        await this.listTools();
      } else if (command.resources) {
        const page = await this.signingIn(() => this.client.listResources({}, UNCACHED));
        emit({ event: 'resources', uris: page.resources.map((resource) => resource.uri) });
      } else if (command.read) {
        const result = await this.signingIn(() => this.client.readResource({ uri: command.read }, UNCACHED));
        emit({ event: 'resource', result });
      } else if (command.prompt) {
        const request = { name: command.prompt, arguments: command.arguments ?? {} };
        emit({ event: 'prompt', result: await this.signingIn(() => this.client.getPrompt(request)) });
      } else if (command.complete) {
        const request = {
          ref: { type: 'ref/prompt', name: command.complete },
          argument: { name: command.argument, value: command.value },
        };
        const { completion } = await this.signingIn(() => this.client.complete(request));
        emit({ event: 'completion', values: completion.values });
      } else if (command.refresh) {
        const before = this.provider.dropAccessToken();
        await this.signingIn(() => this.client.listTools({}, UNCACHED));
        const after = this.provider.tokens();
        emit({
          event: 'refreshed',
          access_token_changed: after.access_token !== before.access_token,
          refresh_token_changed: after.refresh_token !== before.refresh_token,
        });
      } else {
        throw new Error('unknown command');
      }
    } catch (error) {
      emit({ event: 'error', tool: command.call, ...describe(error) });
    }
  }

  /** Does `step`; when the SDK has sent the person away to sign in, waits for them and does it once more. */
  async signingIn(step) {
    try {
      return await step();
    } catch (error) {
      if (!this.sdk.isUnauthorized(error)) throw error;
      const params = await this.listener.next();
      this.provider.checkState(params);
      if (params.has('error')) {
        const denied = new Error(params.get('error_description') ?? 'sign-in failed');
        denied.code = params.get('error');
        throw denied;
      }
      await this.sdk.finishSignIn(this.transport, params);
      return await step();
    }
  }

  async close() {
    await this.client.close();
  }
}

/** An `OAuthClientProvider` that keeps the registration and the tokens in a JSON file. */
class FileProvider {
  #path;
  #saved;
  #discovery;
  #verifier;
  // An SDK that sends no state gets none back.
  #state = null;

  constructor({ statePath, redirectUrl, clientName, authMethod }) {
    this.#path = statePath;
    this.#saved = statePath && existsSync(statePath) ? JSON.parse(readFileSync(statePath, 'utf8')) : {};
    this.redirectUrl = redirectUrl;
    this.clientMetadata = {
      client_name: clientName,
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: authMethod,
    };
  }

  state() {
    this.#state = randomBytes(24).toString('base64url');
    return this.#state;
  }

  checkState(params) {
    if (params.get('state') !== this.#state) throw new Error('the redirect carries another state');
  }

  clientInformation() {
    return this.#saved.client;
  }

  saveClientInformation(client) {
    this.#save({ client });
  }

  tokens() {
    return this.#saved.tokens;
  }

  saveTokens(tokens) {
    this.#save({ tokens });
  }

  redirectToAuthorization(url) {
    emit({ event: 'authorize', url: url.href });
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveDiscoveryState(discovery) {
    this.#discovery = discovery;
  }

  discoveryState() {
    return this.#discovery;
  }

  /** The SDK calls this when the server no longer knows the client or the tokens. */
  invalidateCredentials(scope) {
    if (scope === 'all' || scope === 'client') this.#save({ client: undefined });
    if (scope === 'all' || scope === 'discovery') this.#discovery = undefined;
    if (scope === 'all' || scope === 'tokens') this.#save({ tokens: undefined });
  }

  /** Puts a token in place of the access token that no server knows; returns the tokens as they were. */
  dropAccessToken() {
    const before = this.#saved.tokens;
    if (!before) throw new Error('not signed in');
    this.#save({ tokens: { ...before, access_token: 'dropped' } });
    return before;
  }

  #save(change) {
    this.#saved = { ...this.#saved, ...change };
    if (this.#path) writeFileSync(this.#path, JSON.stringify(this.#saved, null, 2), { mode: 0o600 });
  }
}

/** A listener on a free loopback port. `next()` resolves to the parameters of the next redirect. */
async function listenForRedirect() {
  const arrived = [];
  let notify = () => {};
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    if (url.pathname !== '/callback') {
      response.writeHead(404).end();
      return;
    }
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' })
      .end('<!doctype html><title>Signed in</title><p>You can close this page.</p>');
    arrived.push(url.searchParams);
    notify();
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  async function next() {
    if (arrived.length === 0) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('nobody signed in')), SIGN_IN_TIMEOUT_MS);
        notify = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return arrived.shift();
  }

  return {
    url: `http://127.0.0.1:${server.address().port}/callback`,
    next,
    close: () => server.close(),
  };
}

function emit(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** What a test may assert about an error: never a token, only the SDK's own words. */
function describe(error) {
  return {
    name: error.name,
    code: error.code ?? error.errorCode ?? null,
    message: error.message,
    cause: error.cause ? `${error.cause.code ?? error.cause.message}` : null,
  };
}
