import { inspect } from 'node:util';
import { ConfigError, readConfig } from '../../../src/config';

/** Guarantee: an endpoint without a key is asked as the application's identity, and all that this lacks is named at once. */

const KEY = Buffer.alloc(64, 'key').toString('base64');
const KEYLESS = {
  AZURE_STORAGE_BLOB_ENDPOINT: 'https://system.blob.core.windows.net/',
  AZURE_STORAGE_QUEUE_ENDPOINT: 'https://system.queue.core.windows.net',
  COSMOS_ENDPOINT: 'https://photos.documents.azure.com:443/',
  VISION_ENDPOINT: 'https://photos.cognitiveservices.azure.com/',
};
const KEYED = {
  AZURE_STORAGE_CONNECTION_STRING: `AccountName=system;AccountKey=${KEY}`,
  COSMOS_ENDPOINT: 'https://photos.documents.azure.com:443/',
  COSMOS_KEY: KEY,
  VISION_ENDPOINT: 'https://photos.cognitiveservices.azure.com/',
  VISION_KEY: 'vision-key',
};
const SAS = 'sv=2024-11-04&sr=c&sp=rl&se=2099-01-01T00:00:00Z&sig=c2lnbmVk';

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n');
  }
}

describe('which services are asked with a token', () => {
  test('those that are named without a key', () => {
    const config = readConfig(KEYLESS);
    expect(config.storage).toMatchObject({
      credential: 'identity',
      blobEndpoint: 'https://system.blob.core.windows.net',
      queueEndpoint: 'https://system.queue.core.windows.net',
    });
    expect(config.photos).toBe(config.storage);
    expect(config.cosmos).toMatchObject({ credential: 'identity', endpoint: KEYLESS.COSMOS_ENDPOINT, regions: [] });
    expect(config.vision.credential).toBe('identity');
    expect(config.identity).toMatchObject({ method: 'default' });
  });

  test('none where each has its key, and then nothing of an identity is looked at', () => {
    const config = readConfig({ ...KEYED, AZURE_IDENTITY: 'workload' });
    expect(config.identity).toBeUndefined();
    expect([config.storage, config.photos, config.cosmos, config.vision].map(({ credential }) => credential)).toEqual(
      Array(4).fill('key'),
    );
  });

  test('a key wins over an identity, service by service', () => {
    const config = readConfig({ ...KEYED, ...KEYLESS, VISION_KEY: '' });
    expect([config.storage, config.cosmos, config.vision].map(({ credential }) => credential)).toEqual([
      'key',
      'key',
      'identity',
    ]);
  });
});

describe('an account of its own for the photos', () => {
  test.each<[string, Record<string, string>, string]>([
    ['with a key', { PHOTOS_STORAGE_CONNECTION_STRING: `AccountName=photos;AccountKey=${KEY}` }, 'key'],
    [
      'with a signature for one container',
      { PHOTOS_STORAGE_CONNECTION_STRING: `AccountName=photos;SharedAccessSignature=${SAS}` },
      'sas',
    ],
    ['with an identity', { PHOTOS_STORAGE_BLOB_ENDPOINT: 'https://photos.blob.core.windows.net' }, 'identity'],
  ])('%s', (_name, env, credential) => {
    const { photos, storage } = readConfig({ ...KEYED, ...env });
    expect(photos.credential).toBe(credential);
    expect(storage.credential).toBe('key');
    expect(`${photos.connectionString.reveal()}${photos.blobEndpoint}`).toContain('photos');
    expect(storage.connectionString.reveal()).toContain('AccountName=system');
  });

  test('what is wrong with it is told by its own name', () => {
    expect(problemsOf({ ...KEYED, PHOTOS_STORAGE_CONNECTION_STRING: 'AccountName=photos' })[0]).toMatch(
      /^PHOTOS_STORAGE_CONNECTION_STRING: is not a connection string/,
    );
    expect(
      problemsOf({
        ...KEYED,
        PHOTOS_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=photos;AccountKey=${KEY}`,
      })[0],
    ).toMatch(/^PHOTOS_STORAGE_CONNECTION_STRING: leads to another machine by plain http/);
  });
});

describe('what an identity lacks', () => {
  test.each<[string, string[]]>([
    ['default', []],
    ['managed', []],
    ['cli', []],
    ['workload', ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE']],
    ['secret', ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET']],
  ])('AZURE_IDENTITY=%s needs %p', (method, needed) => {
    const problems = problemsOf({ ...KEYLESS, AZURE_IDENTITY: method });
    expect(problems.map((line) => line.split(':')[0])).toEqual(needed);
    for (const line of problems) expect(line).toMatch(new RegExp(`is missing, and AZURE_IDENTITY is ${method}\\. \\S`));
    const given = Object.fromEntries(needed.map((name) => [name, 'given']));
    expect(readConfig({ ...KEYLESS, AZURE_IDENTITY: method, ...given }).identity).toMatchObject({ method });
  });

  test('all problems come at once, those of endpoints too', () => {
    const problems = problemsOf({
      AZURE_IDENTITY: 'secret',
      AZURE_AUTHORITY_HOST: 'http://login',
      AZURE_STORAGE_BLOB_ENDPOINT: 'http://system.blob.core.windows.net',
      AZURE_STORAGE_QUEUE_ENDPOINT: 'https://system.blob.core.windows.net',
      PHOTOS_STORAGE_BLOB_ENDPOINT: `https://photos.blob.core.windows.net/?${SAS}`,
      COSMOS_ENDPOINT: 'https://photos.documents.azure.com/path',
      VISION_ENDPOINT: 'https://westeurope.api.cognitive.microsoft.com',
    });
    const said = (name: string) => problems.find((line) => line.startsWith(`${name}:`));
    expect(said('AZURE_STORAGE_BLOB_ENDPOINT')).toMatch(/is plain http, and a token is sent by https alone/);
    expect(said('AZURE_STORAGE_QUEUE_ENDPOINT')).toMatch(/leads to the blob service/);
    expect(said('PHOTOS_STORAGE_BLOB_ENDPOINT')).toMatch(/has more than an address/);
    expect(said('COSMOS_ENDPOINT')).toMatch(/has a path/);
    expect(said('VISION_ENDPOINT')).toMatch(/address of a region.*custom subdomain/);
    expect(said('AZURE_AUTHORITY_HOST')).toMatch(/no https address/);
    for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET']) expect(said(name)).toBeDefined();
    expect(problems).toHaveLength(9);
    expect(problems.join()).not.toContain('c2lnbmVk');
  });

  test('an unknown way is refused even where no service needs one', () => {
    expect(problemsOf({ ...KEYED, AZURE_IDENTITY: 'guess' })).toEqual([
      'AZURE_IDENTITY: has an unknown value. Give one of default, workload, managed, secret, cli.',
    ]);
  });

  test('where https is not spoken a key is missing: a token would be readable on the way', () => {
    const local = { ...KEYLESS, COSMOS_ENDPOINT: 'http://127.0.0.1:8081/', VISION_ENDPOINT: 'http://127.0.0.1:8090' };
    expect(problemsOf(local).map((line) => line.split(':')[0])).toEqual(['COSMOS_KEY', 'VISION_KEY']);
  });
});

test('the secret of an application does not print', () => {
  const env = {
    AZURE_TENANT_ID: 't',
    AZURE_CLIENT_ID: 'c',
    AZURE_CLIENT_SECRET: 'the-secret',
    AZURE_IDENTITY: 'secret',
  };
  const config = readConfig({ ...KEYLESS, ...env });
  expect(config.identity?.clientSecret?.reveal()).toBe('the-secret');
  expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('the-secret');
});

test('regions are asked in the order that is named', () => {
  expect(readConfig({ ...KEYLESS, COSMOS_REGIONS: 'West Europe, North Europe' }).cosmos.regions).toEqual([
    'West Europe',
    'North Europe',
  ]);
});
