// A real OpenID provider (oidc-provider) of a company, driven by the hub's end-to-end tests.
//
// 1. It signs users in by a grant type of its own that takes the name of the user, in place of a page:
//    the tests are about what follows. The ID token is the library's own.
// 2. It exchanges an ID token for an identity assertion (RFC 8693, section 4 of the MCP extension
//    "Enterprise-Managed Authorization"), signed with the key that it publishes.
// 3. `POST /leave/<name>`: the user is disabled, and gets no assertion any more.
//
// Settings come by the environment: ISSUER, CLIENT_AT_HUB, HUB and MCP_SERVER. It prints "ready".

import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { Provider, errors } from "oidc-provider";

const SIGN_IN = "urn:example:params:oauth:grant-type:sign-in";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
const LIFETIME_SECONDS = 120;

const { ISSUER: issuer, CLIENT_AT_HUB: clientAtHub, HUB: hub, MCP_SERVER: mcpServer } = process.env;
const users = new Map([
  ["daniel", { email: "d.okafor@harbor-works.example", email_verified: true }],
  ["stranger", { email: "stranger@harbor-works.example", email_verified: true }],
]);

const { privateKey } = await generateKeyPair("RS256", { extractable: true });
const signing = { ...(await exportJWK(privateKey)), kid: randomUUID(), use: "sig", alg: "RS256" };

const provider = new Provider(issuer, {
  jwks: { keys: [signing] },
  clients: [
    {
      client_id: "assistant",
      client_secret: "secret-of-the-assistant",
      grant_types: [SIGN_IN, EXCHANGE],
      response_types: [],
      redirect_uris: [],
    },
  ],
  features: { devInteractions: { enabled: false } },
  ttl: { IdToken: LIFETIME_SECONDS },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  findAccount: (ctx, id) =>
    users.has(id) ? { accountId: id, claims: () => ({ sub: id, ...users.get(id) }) } : undefined,
});

function known(name) {
  if (!users.has(name)) throw new errors.InvalidGrant("the user is not known");
  return users.get(name);
}

async function signIn(ctx) {
  const { login } = ctx.oidc.params;
  known(login);
  const token = new provider.IdToken({ sub: login }, { ctx });
  token.scope = "openid";
  ctx.body = {
    id_token: await token.issue({ use: "idtoken" }),
    issued_token_type: ID_TOKEN,
    token_type: "N_A",
  };
}

async function exchange(ctx) {
  const { client, params } = ctx.oidc;
  if (params.requested_token_type !== ID_JAG || params.subject_token_type !== ID_TOKEN) {
    throw new errors.InvalidRequest("only an ID token for an ID-JAG");
  }
  if (params.audience !== hub || params.resource !== mcpServer) {
    throw new errors.InvalidTarget();
  }
  const { payload } = await provider.IdToken.validate(params.subject_token, client);
  const { email, email_verified } = known(payload.sub);
  const claims = { client_id: clientAtHub, resource: params.resource, email, email_verified };
  if (params.scope) claims.scope = params.scope;
  ctx.body = {
    issued_token_type: ID_JAG,
    access_token: await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: signing.kid, typ: "oauth-id-jag+jwt" })
      .setIssuer(issuer)
      .setSubject(payload.sub)
      .setAudience(params.audience)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .sign(privateKey),
    token_type: "N_A",
    expires_in: LIFETIME_SECONDS,
  };
}

provider.registerGrantType(SIGN_IN, signIn, ["login"]);
provider.registerGrantType(EXCHANGE, exchange, [
  "requested_token_type",
  "subject_token",
  "subject_token_type",
  "audience",
  "resource",
  "scope",
]);

const respond = provider.callback();
createServer((request, response) => {
  const [, leaving] = request.url.match(/^\/leave\/(\w+)$/) ?? [];
  if (request.method === "POST" && leaving) {
    users.delete(leaving);
    response.writeHead(204).end();
  } else {
    respond(request, response);
  }
}).listen(Number(new URL(issuer).port), "127.0.0.1", () => console.log("ready"));
