import { inspect } from 'node:util';
import { type Config, ConfigError, readConfig, Secret } from '../../../src/config';

/** As long as those of Azure. */
const keyOf = (text: string) => Buffer.from(text.padEnd(64, '.')).toString('base64');
const STORAGE_KEY = keyOf('storage');
const COSMOS_KEY = keyOf('cosmos');
const OLD_KEY = keyOf('old');
const SECRETS = [STORAGE_KEY, COSMOS_KEY, 'vision-secret', 'app-secret', 'dapr-secret'];
const ENOUGH = {
  AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=https;AccountName=me;AccountKey=${STORAGE_KEY}`,
  COSMOS_ENDPOINT: 'https://me.documents.azure.com:443/',
  COSMOS_KEY,
  VISION_ENDPOINT: 'https://me.cognitiveservices.azure.com/',
  VISION_KEY: 'vision-secret',
};
/** What a listener beyond loopback needs. */
const LINK_KEY = '4f1d0c7be96a2853'.repeat(4);
const AUTH = { AUTH: 'keys', KEYS_FILE: '/etc/contactsheet/keys.json' };
const TUTORIAL = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  CosmosDBConnection: `AccountEndpoint=https://old.documents.azure.com:443/;AccountKey=${OLD_KEY};`,
  ComputerValidationToken: 'old-token',
  ComputerVisionUrl: 'https://westeurope.api.cognitive.microsoft.com/vision/v3.2/analyze?visualFeatures=Tags',
};

function problemsOf(env: Record<string, string>): ConfigError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const read = (env: Record<string, string>): Config => readConfig({ ...ENOUGH, ...env });

describe('readConfig', () => {
  test('what need not be said has a default', () => {
    expect(readConfig(ENOUGH)).toMatchObject({
      api: { host: '127.0.0.1', port: 8080 },
      appChannel: { port: 3000, token: undefined },
      sidecar: { httpPort: 3500, grpcPort: 50001, token: undefined },
      cosmos: { endpoint: 'https://me.documents.azure.com:443/' },
      vision: {
        endpoint: 'https://me.cognitiveservices.azure.com',
        apiVersion: '3.2',
        features: ['Categories', 'Description', 'Tags', 'Color'],
        language: 'en',
        timeoutMs: 30_000,
      },
      limits: { imagesInFlight: 100, bytesInFlight: 128 * 1024 * 1024 },
      price: { unit: 0.001, currency: 'USD' },
      maxLostShare: 0.2,
      logLevel: 'info',
    });
  });

  test.each([
    ['127.0.0.1', 'auto', false],
    ['127.8.9.1', 'auto', false],
    ['localhost', 'auto', false],
    ['::1', 'auto', false],
    ['0.0.0.0', 'auto', true],
    ['::', 'auto', true],
    ['10.0.0.5', 'auto', true],
    ['127.0.0.1.example.com', 'auto', true],
    ['127.0.0.1', 'on', true],
    ['127.0.0.1', 'off', false],
  ])('on %s with LINK_TOKENS=%s links carry codes: %s', (API_HOST, LINK_TOKENS, withCodes) => {
    const auth = withCodes && LINK_TOKENS === 'auto' ? AUTH : {}; // elsewhere nothing starts without
    expect(read({ ...auth, API_HOST, LINK_TOKENS, LINK_KEY }).links.withCodes).toBe(withCodes);
  });

  test('the key of links is its own, and only without one that of the app channel', () => {
    expect(read({ LINK_KEY: 'k', APP_API_TOKEN: 'app-secret' }).links.key?.reveal()).toBe('k');
    expect(read({ APP_API_TOKEN: 'app-secret' }).links.key?.reveal()).toBe('app-secret');
    expect(problemsOf({ ...ENOUGH, LINK_TOKENS: 'on' }).problems.map(({ name }) => name)).toEqual(['LINK_KEY']);
    expect(problemsOf({ ...ENOUGH, LINK_TOKENS: 'yes' }).problems.map(({ name }) => name)).toEqual(['LINK_TOKENS']);
  });

  test.each<[string, string, (config: Config) => unknown, unknown]>([
    ['API_HOST', '127.0.0.2', ({ api }) => api.host, '127.0.0.2'],
    ['API_PORT', '9000', ({ api }) => api.port, 9_000],
    ['APP_PORT', '3001', ({ appChannel }) => appChannel.port, 3_001],
    ['APP_API_TOKEN', 'app-secret', ({ appChannel }) => appChannel.token?.reveal(), 'app-secret'],
    ['DAPR_HTTP_PORT', '3501', ({ sidecar }) => sidecar.httpPort, 3_501],
    ['DAPR_GRPC_PORT', '50002', ({ sidecar }) => sidecar.grpcPort, 50_002],
    ['METRICS_PORT', '9464', ({ metrics }) => metrics, { host: '127.0.0.1', port: 9_464 }],
    ['DAPR_API_TOKEN', 'dapr-secret', ({ sidecar }) => sidecar.token?.reveal(), 'dapr-secret'],
    ['COSMOS_THROUGHPUT', '', ({ cosmos }) => cosmos.throughput, undefined],
    ['COSMOS_THROUGHPUT', 'shared:1000', ({ cosmos }) => cosmos.throughput, { kind: 'shared', ruPerSecond: 1_000 }],
    ['COSMOS_THROUGHPUT', 'autoscale:4000', ({ cosmos }) => cosmos.throughput?.kind, 'autoscale'],
    ['COSMOS_THROUGHPUT', 'each:400', ({ cosmos }) => cosmos.throughput?.ruPerSecond, 400],
    ['VISION_PROVIDER', '', ({ vision }) => vision.provider, 'azure'],
    ['VISION_PROVIDER', 'local-pixels.1', ({ vision }) => vision.provider, 'local-pixels.1'],
    ['VISION_API_VERSION', '4.0', ({ vision }) => vision.apiVersion, '4.0'],
    ['VISION_FEATURES', ' Tags , Color,', ({ vision }) => vision.features, ['Tags', 'Color']],
    ['VISION_LANGUAGE', 'pt-BR', ({ vision }) => vision.language, 'pt-BR'],
    ['VISION_TIMEOUT_MS', '100', ({ vision }) => vision.timeoutMs, 100],
    ['MAX_IMAGES_IN_FLIGHT', '1', ({ limits }) => limits.imagesInFlight, 1],
    ['MAX_BYTES_IN_FLIGHT', '1048576', ({ limits }) => limits.bytesInFlight, 1_048_576],
    ['PRICE_PER_TRANSACTION', '0', ({ price }) => price.unit, 0],
    ['PRICE_PER_TRANSACTION', '0.000906', ({ price }) => price.unit, 0.000906],
    ['PRICE_PER_TRANSACTION', '999.999999', ({ price }) => price.unit, 999.999999],
    ['PRICE_PER_TRANSACTION', '1e-6', ({ price }) => price.unit, 0.000001],
    ['PRICE_CURRENCY', 'EUR', ({ price }) => price.currency, 'EUR'],
    ['REPORT_RETENTION_DAYS', '30', ({ reportRetentionDays }) => reportRetentionDays, 30],
    ['SHRINK_GUARD_PERCENT', '0', ({ maxLostShare }) => maxLostShare, 0],
    ['VISION_MONTHLY_TRANSACTIONS', '0', ({ monthlyCaps }) => monthlyCaps.resource, 0],
    ['VISION_MONTHLY_TRANSACTIONS', '', ({ monthlyCaps }) => monthlyCaps.resource, undefined],
    ['CONTAINER_MONTHLY_TRANSACTIONS', '5000', ({ monthlyCaps }) => monthlyCaps.container, 5_000],
    ['LOG_LEVEL', 'debug', ({ logLevel }) => logLevel, 'debug'],
  ])('%s=%s', (name, value, pick, expected) => {
    expect(pick(read({ [name]: value }))).toEqual(expected);
  });

  test('the aspect ratios of smart crops have two decimals, each once, in order', () => {
    const smart = (ratios: string) =>
      read({ VISION_API_VERSION: '4.0', VISION_SMARTCROPS_ASPECT_RATIOS: ratios }).vision.smartCropsAspectRatios;
    expect(smart('')).toEqual([]);
    expect(smart(' 1.78, 1,0.75,1.0,1.8 ')).toEqual(['0.75', '1.00', '1.78', '1.80']);
  });

  test.each([
    ['0.74', '4.0', '0.74 is not from 0.75 to 1.80'],
    ['1.00,1.81', '4.0', '1.81 is not from 0.75 to 1.80'],
    ['16:9', '4.0', '"16:9" is no number of two decimals'],
    ['1.333', '4.0', '"1.333" is no number of two decimals'],
    ['0.75,0.80,0.90,1.00,1.33,1.50,1.78', '4.0', '7 are more than 6'],
    ['1.00', '3.2', 'Vision 3.2 has no smart crops'],
  ])(
    'the aspect ratios %s on Vision %s are refused',
    (VISION_SMARTCROPS_ASPECT_RATIOS, VISION_API_VERSION, problem) => {
      const { problems } = problemsOf({ ...ENOUGH, VISION_API_VERSION, VISION_SMARTCROPS_ASPECT_RATIOS });
      expect(problems).toEqual([
        {
          name: 'VISION_SMARTCROPS_ASPECT_RATIOS',
          problem: expect.stringContaining(problem),
          cure: expect.any(String),
        },
      ]);
    },
  );

  test.each<[Record<string, string>, Config['api']['hosts']]>([
    [{}, { loopback: true, addresses: false, names: ['127.0.0.1'] }],
    [{ PUBLIC_URL: 'https://p.example' }, { loopback: true, addresses: false, names: ['p.example', '127.0.0.1'] }],
    [{ API_HOST: '0.0.0.0' }, { loopback: true, addresses: true, names: [] }],
    [{ API_HOST: '::' }, { loopback: true, addresses: true, names: [] }],
    [{ API_HOST: '10.0.0.5' }, { loopback: true, addresses: true, names: ['10.0.0.5'] }],
    [
      { API_HOST: '0.0.0.0', ALLOWED_HOSTS: 'A.example, *.b.example,,[FD00::5]' },
      { loopback: false, addresses: false, names: ['a.example', '*.b.example', 'fd00::5'] },
    ],
    [
      { API_HOST: '::', PUBLIC_URL: 'http://[fd00::5]:8443/', ALLOWED_HOSTS: 'x' },
      { loopback: false, addresses: false, names: ['fd00::5', 'x'] },
    ],
  ])('%j answers under %j', (env, hosts) => {
    const auth = env.API_HOST === undefined ? {} : AUTH; // elsewhere nothing starts without
    expect(read({ ...auth, LINK_KEY, ...env }).api.hosts).toEqual(hosts);
  });

  test('the public address has no slash at its end', () => {
    expect(read({ PUBLIC_URL: 'https://Pictures.example:8443/' }).api.publicUrl).toBe('https://Pictures.example:8443');
    expect(read({}).api.publicUrl).toBeUndefined();
  });

  test('an empty or blank value counts as not set', () => {
    expect(read({ API_PORT: '', LOG_LEVEL: '  ' })).toMatchObject({ api: { port: 8080 }, logLevel: 'info' });
  });

  test.each([
    ['PUBLIC_URL', 'pictures.example'],
    ['PUBLIC_URL', 'https://pictures.example/path'],
    ['PUBLIC_URL', 'https://user@pictures.example'],
    ['PUBLIC_URL', 'ftp://pictures.example'],
    ['ALLOWED_HOSTS', 'https://pictures.example'],
    ['ALLOWED_HOSTS', 'a.example,b.example:8080'],
    ['ALLOWED_HOSTS', '*'],
    ['API_PORT', '0'],
    ['API_PORT', '65536'],
    ['API_PORT', '80.5'],
    ['API_PORT', 'http'],
    ['VISION_PROVIDER', 'local pixels'],
    ['VISION_API_VERSION', '3.1'],
    ['VISION_LANGUAGE', 'English'],
    ['VISION_TIMEOUT_MS', '99'],
    ['MAX_IMAGES_IN_FLIGHT', '0'],
    ['MAX_BYTES_IN_FLIGHT', '1'],
    ['PRICE_PER_TRANSACTION', '-1'],
    ['PRICE_PER_TRANSACTION', 'NaN'],
    ['PRICE_PER_TRANSACTION', '0.0009059'],
    ['PRICE_PER_TRANSACTION', '0.0000004'],
    ['PRICE_PER_TRANSACTION', '999.9999999'],
    ['PRICE_CURRENCY', 'euro'],
    ['REPORT_RETENTION_DAYS', '0'],
    ['SHRINK_GUARD_PERCENT', '101'],
    ['VISION_MONTHLY_TRANSACTIONS', '-1'],
    ['CONTAINER_MONTHLY_TRANSACTIONS', '1.5'],
    ['LOG_LEVEL', 'loud'],
    ['COSMOS_ENDPOINT', 'me.documents.azure.com'],
    ['AZURE_STORAGE_CONNECTION_STRING', 'https://me.blob.core.windows.net'],
  ])('%s=%s is refused by name, with a cure', (name, value) => {
    const { problems } = problemsOf({ ...ENOUGH, [name]: value });
    expect(problems.map((problem) => problem.name)).toEqual([name]);
    expect(problems.every(({ cure }) => cure.length > 10)).toBe(true);
  });

  test('all problems come at once', () => {
    const { problems, message } = problemsOf({ API_PORT: 'x', LOG_LEVEL: 'loud' });
    const names = problems.map(({ name }) => name);
    const missing = [
      'AZURE_STORAGE_CONNECTION_STRING',
      'COSMOS_ENDPOINT',
      'COSMOS_KEY',
      'VISION_ENDPOINT',
      'VISION_KEY',
    ];
    expect(names.sort()).toEqual(['API_PORT', 'LOG_LEVEL', ...missing].sort());
    for (const name of names) expect(message).toContain(name);
    expect(message.split('\n')).toHaveLength(names.length);
  });
});

describe("the tutorial's settings", () => {
  test('are enough', () => {
    const config = readConfig(TUTORIAL);
    expect(config.storage.connectionString.reveal()).toBe('UseDevelopmentStorage=true');
    expect(config.cosmos.endpoint).toBe('https://old.documents.azure.com:443/');
    expect(config.cosmos.key.reveal()).toBe(OLD_KEY); // the padding of a key is part of it
    expect(config.vision).toMatchObject({
      endpoint: 'https://westeurope.api.cognitive.microsoft.com',
      apiVersion: '3.2',
    });
    expect(config.vision.key.reveal()).toBe('old-token');
  });

  test("today's names win over them", () => {
    const config = readConfig({ ...TUTORIAL, ...ENOUGH });
    expect(config.cosmos.key.reveal()).toBe(COSMOS_KEY);
    expect(config.vision.key.reveal()).toBe('vision-secret');
    expect(config.storage.connectionString.reveal()).toContain('AccountName=me');
  });

  test.each(['1.0', '2.0', '2.1', '3.0', '3.1'])(
    'a URL of Vision %s, retired, is refused with its successor',
    (version) => {
      const url = `https://westeurope.api.cognitive.microsoft.com/vision/v${version}/analyze`;
      const { problems } = problemsOf({ ...TUTORIAL, ComputerVisionUrl: url });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({
        name: 'ComputerVisionUrl',
        problem: expect.stringMatching(/retired.*v3\.2/),
      });
    },
  );

  test('a URL of Image Analysis says its version', () => {
    const url = 'https://me.cognitiveservices.azure.com/computervision/imageanalysis:analyze?api-version=2023-10-01';
    expect(readConfig({ ...TUTORIAL, ComputerVisionUrl: url }).vision.apiVersion).toBe('4.0');
  });

  test('half a Cosmos connection string is refused', () => {
    for (const text of [
      'AccountEndpoint=https://x/;',
      'AccountKey=a==',
      'nonsense',
      'AccountEndpoint=x;AccountKey=y',
    ]) {
      expect(problemsOf({ ...TUTORIAL, CosmosDBConnection: text }).problems.map(({ name }) => name)).toEqual([
        'CosmosDBConnection',
      ]);
    }
  });
});

describe('secrets', () => {
  const config = read({ APP_API_TOKEN: 'app-secret', DAPR_API_TOKEN: 'dapr-secret' });

  test('never print, however a configuration is shown', () => {
    const shown = [
      inspect(config, { depth: 9 }),
      inspect(config, { depth: 9, showHidden: true, customInspect: false }),
      JSON.stringify(config),
      `${config.vision.key} ${config.cosmos.key}`,
      String(Object.values(config.vision.key)),
      JSON.stringify({ ...config.vision.key }),
    ].join('\n');
    for (const secret of SECRETS) expect(shown).not.toContain(secret);
    expect(shown).toContain('[secret]');
  });

  test('are revealed to whoever asks for them by name', () => {
    expect(new Secret('x').reveal()).toBe('x');
  });

  test('stay out of what is said about a bad configuration', () => {
    const error = problemsOf({
      AZURE_STORAGE_CONNECTION_STRING: `broken ${STORAGE_KEY}`,
      CosmosDBConnection: `AccountKey=${COSMOS_KEY}`,
      VISION_ENDPOINT: 'https://user:vision-secret@me.cognitiveservices.azure.com/',
      VISION_KEY: 'vision-secret',
      LOG_LEVEL: 'app-secret',
      API_PORT: 'dapr-secret',
    });
    const said = `${error.message}\n${inspect(error, { depth: 9 })}\n${JSON.stringify(error)}`;
    for (const secret of SECRETS) expect(said).not.toContain(secret);
  });
});

test('in production the sidecar must have a token; elsewhere it may lack one', () => {
  expect(problemsOf({ ...ENOUGH, NODE_ENV: 'production' }).problems).toContainEqual(
    expect.objectContaining({ name: 'DAPR_API_TOKEN', problem: expect.stringContaining('missing') }),
  );
  const production = { NODE_ENV: 'production', APP_API_TOKEN: 'app-secret' };
  const { token } = read({ ...production, DAPR_API_TOKEN: 'dapr-secret' }).sidecar;
  expect(token?.reveal()).toBe('dapr-secret');
  expect(read({ NODE_ENV: 'development' }).sidecar.token).toBeUndefined();
});
