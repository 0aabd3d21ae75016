/**
 * A real OpenID provider as a process of its own: it is written as ES modules, which Jest does not load.
 *
 *   node oidc-provider.mjs '{"port": 0, "jwks": {"keys": []}, "ttlSeconds": 60}'
 *
 * Each client gets tokens by its credentials, with the roles of ROLES; `device` gets them when somebody approves. Prints its issuer when it listens.
 */
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { port, jwks, ttlSeconds } = JSON.parse(process.argv[2]);
const ROLES = {
  operator: { roles: ['operator'] },
  nested: { realm_access: { roles: ['approver', 'offline_access'] } },
  text: { roles: 'reader approver' },
  none: {},
};

/** A public client: it has no secret, and a person approves it in a browser under any name. */
const DEVICE = {
  client_id: 'device',
  token_endpoint_auth_method: 'none',
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  redirect_uris: [],
  response_types: [],
};

const server = createServer();
await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  jwks,
  clients: [
    ...Object.keys(ROLES).map((id) => ({
      client_id: id,
      client_secret: `secret-of-${id}-${'x'.repeat(32)}`,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    DEVICE,
  ],
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: 'use',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: ttlSeconds,
        jwt: { sign: { alg: jwks.keys[0].alg } },
      }),
    },
  },
  extraTokenClaims: (_ctx, token) => ROLES[token.clientId] ?? { roles: ['approver'] },
});
server.on('request', provider.callback());
process.stdout.write(`${issuer}\n`);
