import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOf, namesOfSettings } from '../../../packages/dev-stack/src/child-environment';
import { readEnvFile } from '../../../packages/dev-stack/src/env-file';
import { exportLines, serviceEnvironment } from '../../../packages/dev-stack/src/environment';
import {
  AZURITE_ACCOUNT,
  azuriteConnectionString,
  broughtAlong,
  localStorageAccount,
  problemsOfLauncher,
  storageAccountOf,
  withoutOwnExports,
  withoutServices,
} from '../../../packages/dev-stack/src/settings';

const KEY = `${'a+/b'.repeat(21)}aA==`;

describe('services that a person brings along', () => {
  test('none by default', () => {
    expect(broughtAlong({})).toEqual({ storage: false, cosmos: false, vision: false });
  });

  test('also by the names of the tutorial, also when incomplete: the app says what is missing', () => {
    expect(broughtAlong({ VISION_ENDPOINT: 'https://v' })).toMatchObject({ vision: true });
    expect(broughtAlong({ ComputerVisionUrl: 'https://v/vision/v3.2/analyze' })).toMatchObject({ vision: true });
    expect(broughtAlong({ CosmosDBConnection: 'AccountEndpoint=x' })).toMatchObject({ cosmos: true });
    expect(broughtAlong({ AzureWebJobsStorage: 'AccountName=x' })).toMatchObject({ storage: true });
  });

  test('development storage is the local Azurite', () => {
    expect(broughtAlong({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' })).toMatchObject({ storage: false });
  });

  test('what an earlier start exported is not a person’s own', () => {
    const keys = {
      appApiToken: 't',
      sidecarToken: 's',
      storageKey: 'k==',
      cosmosKey: 'c',
      visionKey: 'v',
      linkKey: 'l',
    };
    const env = {
      COSMOS_ENDPOINT: 'http://1',
      COSMOS_KEY: 'c',
      VISION_ENDPOINT: 'http://2',
      VISION_KEY: 'v',
      VISION_PROVIDER: 'local-pixels.1',
      VISION_RATE: 'unlimited',
      LINK_KEY: 'l',
      DAPR_API_TOKEN: 's',
      PATH: '/bin',
    };
    const connection = azuriteConnectionString({ blob: 1, queue: 2 });
    const cleaned = withoutOwnExports({ ...env, AZURE_STORAGE_CONNECTION_STRING: connection }, keys);
    expect(cleaned).toEqual({ PATH: '/bin' });
    expect(withoutOwnExports({ ...env, VISION_KEY: 'mine' }, keys)).toMatchObject({ VISION_KEY: 'mine' });
    expect(withoutOwnExports({ ...env, LINK_KEY: 'mine' }, keys)).toMatchObject({ LINK_KEY: 'mine' });
  });

  test('tests inherit none of them', () => {
    expect(
      withoutServices({ COSMOS_KEY: 'x', AzureWebJobsStorage: 'y', CONTACTSHEET_HOME: 'z', LINK_KEY: 'k', HOME: '/h' }),
    ).toEqual({
      HOME: '/h',
    });
  });
});

describe('a storage connection string', () => {
  test('of Azurite gives the base address without the account', () => {
    const account = storageAccountOf(azuriteConnectionString({ blob: 10_000, queue: 10_001 }));
    const queueEndpoint = 'http://127.0.0.1:10001';
    expect(account).toEqual({ ...AZURITE_ACCOUNT, blobEndpoint: 'http://127.0.0.1:10000', queueEndpoint });
  });

  test('of Azure gives name and key, which ends in "="', () => {
    expect(storageAccountOf(`DefaultEndpointsProtocol=https;AccountName=photos;AccountKey=${KEY};`)).toEqual({
      name: 'photos',
      key: KEY,
      blobEndpoint: '',
      queueEndpoint: '',
    });
  });

  test('of Azure as its command line prints it has no other address', () => {
    const endpoints =
      'BlobEndpoint=https://photos.blob.core.windows.net/;QueueEndpoint=https://photos.queue.core.windows.net/';
    expect(storageAccountOf(`AccountName=photos;AccountKey=${KEY};${endpoints}`)).toMatchObject({
      blobEndpoint: '',
      queueEndpoint: '',
    });
  });

  test('without a key gives nothing', () => {
    expect(storageAccountOf('BlobEndpoint=https://x;SharedAccessSignature=sv=1')).toBeUndefined();
  });
});

test('the environment file gives a shell exactly the values, whatever is in them', () => {
  const values = { A: `it's "quoted" $HOME \\ ;`, B: 'x==', C: '' };
  const script = `${exportLines(values)}printf '%s\\0' "$A" "$B" "$C"`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, 3)).toEqual(
    Object.values(values),
  );
});

test('the local storage has the published key, or on request one of the home; another wish is refused', () => {
  const keys = { storageKey: 'k==' };
  expect(localStorageAccount({}, keys)).toEqual(AZURITE_ACCOUNT);
  expect(localStorageAccount({ LOCAL_KEYS: 'published' }, keys)).toEqual(AZURITE_ACCOUNT);
  expect(localStorageAccount({ LOCAL_KEYS: 'random' }, keys)).toEqual({ name: 'devstoreaccount1', key: 'k==' });
  expect(() => localStorageAccount({ LOCAL_KEYS: 'none' }, keys)).toThrow(/published or random/);
});

test('a part is given what it needs of the environment, and the names that it asks for', () => {
  const env = { PATH: '/bin', VISION_KEY: 'v', BANK: 'b', DAPR_HOST_IP: 'h', AZURE_CLIENT_ID: 'c', HTTPS_PROXY: 'p' };
  expect(environmentOf('vision', env)).toEqual({ PATH: '/bin' });
  expect(environmentOf('scheduler', env)).toEqual({ PATH: '/bin' });
  expect(environmentOf('daprd', env, ['VISION_KEY'])).toEqual({ ...env, BANK: undefined });
  expect(namesOfSettings(env)).toEqual(
    expect.arrayContaining(['VISION_KEY', 'VISION_ENDPOINT', 'API_PORT', 'LOG_LEVEL']),
  );
  expect(namesOfSettings(env)).not.toContain('BANK');
});

test.each([
  [
    'AccountName=photos;SharedAccessSignature=sv=1&ss=b&srt=co&sp=rl&sig=s',
    /has a SharedAccessSignature and no Account/,
  ],
  [`AccountName=photos;AccountKey=${KEY};EndpointSuffix=core.chinacloudapi.cn`, /leads to where the components/],
  [`AccountName=photos;AccountKey=${KEY};BlobEndpoint=https://photos.example.com`, /leads to where the components/],
])('the launcher refuses %s, which the app could use', (AzureWebJobsStorage, problem) => {
  const found = problemsOfLauncher({ AzureWebJobsStorage, LOCAL_KEYS: 'none' });
  expect(found).toEqual([
    { name: 'AzureWebJobsStorage', problem: expect.stringMatching(problem), cure: expect.any(String) },
    { name: 'LOCAL_KEYS', problem: 'has an unknown value.', cure: 'Use published or random.' },
  ]);
});

test.each([
  `AccountName=photos;AccountKey=${KEY}`,
  azuriteConnectionString({ blob: 1, queue: 2 }),
  'UseDevelopmentStorage=true',
  'nonsense',
])('the launcher has nothing against %s', (AzureWebJobsStorage) => {
  expect(problemsOfLauncher({ AzureWebJobsStorage, LOCAL_KEYS: 'random' })).toEqual([]);
});

test('the launcher needs keys where its components sign; photos and Vision may be asked as an identity', () => {
  const azure = {
    COSMOS_ENDPOINT: 'https://c.documents.azure.com/',
    VISION_ENDPOINT: 'https://v.cognitiveservices.azure.com',
  };
  const blobs = 'https://s.blob.core.windows.net';
  const problems = problemsOfLauncher({ ...azure, AZURE_STORAGE_BLOB_ENDPOINT: blobs });
  expect(problems.map(({ name }) => name)).toEqual(['AZURE_STORAGE_BLOB_ENDPOINT', 'COSMOS_KEY']);
  expect(problemsOfLauncher({ VISION_ENDPOINT: azure.VISION_ENDPOINT, PHOTOS_STORAGE_BLOB_ENDPOINT: blobs })).toEqual(
    [],
  );
});

test('what a person brings reaches the components whole and trimmed', () => {
  const home = { path: '/h', at: () => '/h/x', keys: {} } as never;
  const env = {
    AzureWebJobsStorage: ` AccountName=photos;AccountKey=${KEY} `,
    COSMOS_ENDPOINT: ' https://c.documents.azure.com/ ',
    COSMOS_KEY: ` ${KEY}\n`,
  };
  expect(serviceEnvironment(home, {} as never, broughtAlong(env), env, '/s')).toMatchObject({
    AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=https;AccountName=photos;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
    AZURE_BLOB_ACCOUNT_NAME: 'photos',
    COSMOS_ENDPOINT: 'https://c.documents.azure.com/',
    COSMOS_KEY: KEY,
  });
});

test.each([
  ['utf-8', (text: string) => Buffer.from(text)],
  ['utf-8 with a mark', (text: string) => Buffer.from(`\ufeff${text}`)],
  ['utf-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['utf-16 the other way round', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
])('a .env file in %s is read', (_, encode) => {
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  try {
    const file = join(folder, '.env');
    expect(readEnvFile(file)).toEqual({});
    writeFileSync(file, encode('API_PORT=9000\r\nVISION_KEY="kü"\r\n'));
    expect(readEnvFile(file)).toEqual({ API_PORT: '9000', VISION_KEY: 'kü' });
    expect(() => readEnvFile(folder)).toThrow(/cannot be read \(EISDIR\)/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
