import { type Config, ConfigError, readConfig } from '../../../src/config';
import { randomBytesOf } from '../../../src/config/exposure';

const ACCOUNT_KEY = Buffer.alloc(64, 7).toString('base64');
const ENOUGH = {
  AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=https;AccountName=me;AccountKey=${ACCOUNT_KEY}`,
  COSMOS_ENDPOINT: 'https://me.documents.azure.com:443/',
  COSMOS_KEY: ACCOUNT_KEY,
  VISION_ENDPOINT: 'https://me.cognitiveservices.azure.com/',
  VISION_KEY: 'vision-secret',
};
const STRONG = '4f1d0c7be96a2853'.repeat(4);
const KEYS = { AUTH: 'keys', KEYS_FILE: '/etc/contactsheet/keys.json' };
const OIDC = { AUTH: 'oidc', OIDC_ISSUER: 'https://login.example.com/', OIDC_AUDIENCE: 'api://contactsheet' };
const PROXY = { AUTH: 'proxy', TRUSTED_PROXIES: '10.0.0.4,10.1.0.0/16,fd00::/8' };
const AZURITE =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=eA==;BlobEndpoint=http://127.0.0.1:1/d;';

const read = (env: Record<string, string>): Config => readConfig({ ...ENOUGH, ...env });

/** The names of what is wrong; each has a cure. */
function namesOf(env: Record<string, string>): string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.every(({ problem, cure }) => `${problem}${cure}`.length > 20)).toBe(true);
    return error.problems.map(({ name }) => name);
  }
}

describe('AUTH', () => {
  test('on loopback nobody is asked unless it says so', () => {
    expect(read({}).auth.modes).toEqual([]);
    expect(read({ AUTH: 'none' }).auth.modes).toEqual([]);
  });

  test('several are combined, each with what it needs', () => {
    const { auth } = read({ ...PROXY, ...OIDC, ...KEYS, AUTH: ' proxy, keys,oidc' });
    expect(auth).toEqual({
      modes: ['keys', 'oidc', 'proxy'],
      keysFile: '/etc/contactsheet/keys.json',
      oidc: { issuer: 'https://login.example.com/', audiences: ['api://contactsheet'], rolesClaim: 'roles' },
      proxy: {
        trusted: ['10.0.0.4', '10.1.0.0/16', 'fd00::/8'],
        userHeader: 'x-forwarded-user',
        rolesHeader: 'x-forwarded-groups',
      },
    });
  });

  test.each<[Record<string, string>, string[]]>([
    [{ AUTH: 'passwords' }, ['AUTH']],
    [{ ...KEYS, AUTH: 'none,keys' }, ['AUTH']],
    [{ AUTH: 'keys' }, ['KEYS_FILE']],
    [{ AUTH: 'oidc' }, ['OIDC_ISSUER', 'OIDC_AUDIENCE']],
    [{ ...OIDC, OIDC_ISSUER: 'login.example.com' }, ['OIDC_ISSUER']],
    [{ ...OIDC, OIDC_ISSUER: 'http://login.example.com' }, ['OIDC_ISSUER']],
    [{ ...OIDC, OIDC_ISSUER: 'http://127.0.0.1:4000' }, []],
    [{ AUTH: 'proxy' }, ['TRUSTED_PROXIES']],
    [{ ...PROXY, TRUSTED_PROXIES: 'proxy.example.com' }, ['TRUSTED_PROXIES']],
    [{ ...PROXY, TRUSTED_PROXIES: '10.0.0.0/33' }, ['TRUSTED_PROXIES']],
    [{ ...PROXY, TRUSTED_PROXIES: '10.0.0.0/8/8' }, ['TRUSTED_PROXIES']],
    [{ ...PROXY, TRUSTED_PROXIES: '0.0.0.0/0' }, ['TRUSTED_PROXIES']],
    [{ ...PROXY, TRUSTED_PROXIES: '0.0.0.0/00' }, ['TRUSTED_PROXIES']],
    [{ ...PROXY, PROXY_USER_HEADER: 'x user' }, ['PROXY_USER_HEADER']],
    [
      { ...KEYS, AUTH: 'keys,oidc,proxy', KEYS_FILE: '' },
      ['KEYS_FILE', 'OIDC_ISSUER', 'OIDC_AUDIENCE', 'TRUSTED_PROXIES'],
    ],
  ])('%j: %j', (env, names) => {
    expect(namesOf(env)).toEqual(names);
  });

  test('links carry codes wherever callers are asked who they are', () => {
    expect(read({ ...KEYS }).links.withCodes).toBe(true);
    expect(read({ ...KEYS, LINK_TOKENS: 'off' }).links.withCodes).toBe(false);
  });
});

describe('CALLER_RATE', () => {
  const rateOf = (env: Record<string, string>) => read(env).limits.callerRate;

  test('limits callers where they are known, and nobody on loopback, where all have one address', () => {
    expect([rateOf({}), rateOf(KEYS), rateOf(OIDC), rateOf(PROXY)]).toEqual([undefined, 100, 100, 100]);
  });

  test('is what it says', () => {
    expect(rateOf({ CALLER_RATE: '7/s' })).toBe(7);
    expect(rateOf({ ...KEYS, CALLER_RATE: '250/s' })).toBe(250);
    expect(rateOf({ ...KEYS, CALLER_RATE: 'unlimited' })).toBeUndefined();
  });

  test.each(['0/s', '100', '-1/s', '1.5/s', '20/min', '1000000/s', 'none'])('%s is refused', (CALLER_RATE) => {
    expect(namesOf({ ...KEYS, CALLER_RATE })).toEqual(['CALLER_RATE']);
  });
});

describe('where others reach the API', () => {
  const OPEN = { ...KEYS, API_HOST: '0.0.0.0', LINK_KEY: STRONG };

  test('it starts with access control and a strong key for links', () => {
    expect(namesOf(OPEN)).toEqual([]);
    expect(read(OPEN)).toMatchObject({ api: { host: '0.0.0.0' }, links: { withCodes: true } });
  });

  test.each<[Record<string, string>, string[]]>([
    [{ AUTH: '' }, ['AUTH']],
    [{ AUTH: 'none' }, ['AUTH']],
    [{ AUTH: '', API_HOST: '::' }, ['AUTH']],
    [{ AUTH: '', API_HOST: '127.0.0.1.example.com' }, ['AUTH']],
    [{ LINK_TOKENS: 'off' }, ['LINK_TOKENS']],
    [{ LINK_KEY: STRONG.slice(2) }, ['LINK_KEY']],
    [{ LINK_KEY: 'a'.repeat(200) }, ['LINK_KEY']],
    [{ LINK_KEY: '', APP_API_TOKEN: 'secret' }, ['APP_API_TOKEN']],
    [{ AUTH: 'none', LINK_TOKENS: 'off', LINK_KEY: 'k' }, ['AUTH', 'LINK_TOKENS', 'LINK_KEY']],
  ])('%j is refused: %j', (env, names) => {
    expect(namesOf({ ...OPEN, ...env })).toEqual(names);
  });

  test.each([
    ['', 0],
    ['aaaa', 0],
    [STRONG, 32],
    [STRONG.toUpperCase(), 32],
    [Buffer.from(STRONG, 'hex').toString('base64'), 32],
    [Buffer.from(STRONG, 'hex').toString('base64url'), 32],
  ])('%j has at most %i random bytes', (text, bytes) => {
    expect(randomBytesOf(text)).toBe(bytes);
  });
});

describe('under NODE_ENV=production', () => {
  const PRODUCTION = { NODE_ENV: 'production', APP_API_TOKEN: 'a', DAPR_API_TOKEN: 'd' };

  test.each<[Record<string, string>, string[]]>([
    [{}, []],
    [{ APP_API_TOKEN: '', DAPR_API_TOKEN: '' }, ['APP_API_TOKEN', 'DAPR_API_TOKEN']],
    [{ AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true' }, ['AZURE_STORAGE_CONNECTION_STRING']],
    [{ AZURE_STORAGE_CONNECTION_STRING: AZURITE }, ['AZURE_STORAGE_CONNECTION_STRING']],
    [{ AZURE_STORAGE_CONNECTION_STRING: '', AzureWebJobsStorage: AZURITE }, ['AzureWebJobsStorage']],
  ])('%j: %j', (env, names) => {
    expect(namesOf({ ...PRODUCTION, ...env })).toEqual(names);
    expect(namesOf({ APP_API_TOKEN: 'a', ...env })).toEqual([]);
  });
});

describe('plain http', () => {
  const storage = (text: string) => ({
    AZURE_STORAGE_CONNECTION_STRING: `AccountName=me;AccountKey=${ACCOUNT_KEY};${text}`,
  });

  test.each<[Record<string, string>, string[]]>([
    [{ COSMOS_ENDPOINT: 'http://cosmos:8081/' }, ['COSMOS_ENDPOINT']],
    [{ COSMOS_ENDPOINT: 'http://localhost:8081/' }, []],
    [
      {
        COSMOS_ENDPOINT: '',
        COSMOS_KEY: '',
        CosmosDBConnection: `AccountEndpoint=http://10.0.0.1/;AccountKey=${ACCOUNT_KEY};`,
      },
      ['CosmosDBConnection'],
    ],
    [{ VISION_ENDPOINT: 'http://vision:5000' }, ['VISION_ENDPOINT']],
    [{ VISION_ENDPOINT: 'http://127.0.0.1:5000' }, []],
    [storage('DefaultEndpointsProtocol=http'), ['AZURE_STORAGE_CONNECTION_STRING']],
    [
      storage('DefaultEndpointsProtocol=https;BlobEndpoint=http://azurite:10000/x'),
      ['AZURE_STORAGE_CONNECTION_STRING'],
    ],
    [storage('DefaultEndpointsProtocol=http;BlobEndpoint=https://me.blob.core.windows.net'), []],
    [storage('BlobEndpoint=http://[::1]:10000/x'), []],
    [{ AZURE_STORAGE_CONNECTION_STRING: AZURITE }, []],
    [
      { AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite' },
      ['AZURE_STORAGE_CONNECTION_STRING'],
    ],
  ])('%j: %j', (env, names) => {
    expect(namesOf(env)).toEqual(names);
  });
});
