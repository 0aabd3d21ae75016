import { createAzureIdentity } from '../../../src/gateways/azure-identity/azure-identity';
import { identityFailure } from '../../../src/gateways/azure-identity/failure';
import { visionScope } from '../../../src/gateways/azure-identity/scopes';

/** What a credential says when it gives no token, and for how long one that it gave is shown. */

const failed = (message: string, more: object = {}) => Object.assign(new Error(message), more);

describe('no token', () => {
  test.each<[string, Error, RegExp]>([
    [
      'an unknown client',
      failed('AADSTS700016: not found in the directory. Trace ID: x'),
      /\(AADSTS700016\).*AZURE_CLIENT_ID/,
    ],
    ['a wrong secret', failed('invalid_client: AADSTS7000215: Invalid client secret'), /AZURE_CLIENT_SECRET/],
    ['an expired secret', failed('AADSTS7000222: expired'), /AZURE_IDENTITY=workload/],
    ['an account that is not trusted', failed('AADSTS70021: No matching federated identity'), /federated credential/],
    ['a clock', failed('AADSTS700024: assertion is not within its valid time range'), /Set the clock/],
    ['a tenant', failed('AADSTS90002: Tenant not found'), /AZURE_TENANT_ID/],
    ['the CLI', failed("Please run 'az login' from a command prompt"), /Run az login/],
    [
      'a missing identity of the machine',
      failed('invalid_request: Identity not found', { statusCode: 400 }),
      /Assign the identity/,
    ],
    ['what nobody foresaw', failed('something else'), /AZURE_IDENTITY/],
  ])('%s is told with its cure, and asked for no more', (_name, error, message) => {
    const failure = identityFailure(error, false);
    expect(failure.retryable).toBe(false);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('Trace ID');
  });

  test.each<[string, Error]>([
    ['a name that is not resolved', failed('getaddrinfo EAI_AGAIN login.microsoftonline.com')],
    ['a connection that is refused', failed('network_error: connect ECONNREFUSED 169.254.169.254:80')],
    ['an authority that fails', failed('unexpected', { statusCode: 503 })],
    ['an authority that throttles', failed('too many requests', { statusCode: 429 })],
    ['what it calls temporary', failed('temporarily_unavailable: AADSTS90033')],
    [
      'the last of several ways',
      failed('ChainedTokenCredential failed', { errors: [failed('x'), failed('ETIMEDOUT')] }),
    ],
  ])('%s may pass', (_name, error) => {
    expect(identityFailure(error, false).retryable).toBe(true);
  });

  test('who has signed in before is asked again, unless the authority says no', () => {
    expect(identityFailure(failed('something else'), true).retryable).toBe(true);
    expect(identityFailure(failed('AADSTS7000222: expired'), true).retryable).toBe(false);
  });
});

describe('a token', () => {
  /** Gives `1`, `2`, ... each for so many milliseconds. */
  function aCredential(lifeMs: number) {
    const given: string[] = [];
    let opened = 0;
    const identity = createAzureIdentity({ method: 'default' }, async () => {
      opened += 1;
      return {
        async getToken() {
          given.push(String(given.length + 1));
          return { token: String(given.length), expiresOnTimestamp: Date.now() + lifeMs };
        },
      };
    });
    return { identity, given, opened: () => opened };
  }

  test('is asked for once by all who want it, and kept by its scope', async () => {
    const { identity, given } = aCredential(3_600_000);
    const tokens = await Promise.all([1, 2, 3].map(() => identity.token('a')));
    expect([...tokens, await identity.token('b'), await identity.token('a')]).toEqual(['1', '1', '1', '2', '1']);
    expect(given).toHaveLength(2);
  });

  test('that was refused is not shown again, and one that is newer than the refusal stays', async () => {
    const { identity, opened } = aCredential(3_600_000);
    await identity.token('a');
    const takenMs = Date.now();
    identity.renew(takenMs);
    expect(await identity.token('a')).toBe('2');
    identity.renew(takenMs - 1_000); // of a request that began before
    expect(await identity.token('a')).toBe('2');
    expect(opened()).toBe(2); // the SDK keeps tokens too
  });

  test('near its end is shown while the next one is fetched', async () => {
    const { identity, given } = aCredential(200_000);
    const { now } = Date;
    try {
      await identity.token('a');
      Date.now = () => now() + 120_000;
      expect(await identity.token('a')).toBe('1');
      await new Promise((resolve) => setImmediate(resolve));
      expect(given).toHaveLength(2);
      expect(await identity.token('a')).toBe('2');
    } finally {
      Date.now = now;
    }
  });
});

test('each cloud has its own audience', () => {
  expect(visionScope('https://n.cognitiveservices.azure.com')).toBe('https://cognitiveservices.azure.com/.default');
  expect(visionScope('https://n.cognitiveservices.azure.us')).toBe('https://cognitiveservices.azure.us/.default');
  expect(visionScope('https://n.cognitiveservices.azure.cn')).toBe('https://cognitiveservices.azure.cn/.default');
});
