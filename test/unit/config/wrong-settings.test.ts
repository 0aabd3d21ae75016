import { ConfigError, readConfig } from '../../../src/config';

/** What each wrong value gets: one problem by the name of its setting, with what is wrong and the cure, and no secret. */

const KEY = Buffer.alloc(64, 'key').toString('base64');
const SHORT = Buffer.alloc(48, 'key').toString('base64');
const ACCOUNT = `AccountName=photos;AccountKey=${KEY}`;
const EMULATOR = 'BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1';
const SAS = 'sv=2024-11-04&ss=b&srt=sco&sp=rl&se=2099-01-01T00:00:00Z&sig=c2lnbmVk';
const ENOUGH = {
  AZURE_STORAGE_CONNECTION_STRING: ACCOUNT,
  COSMOS_ENDPOINT: 'https://photos.documents.azure.com:443/',
  COSMOS_KEY: KEY,
  VISION_ENDPOINT: 'https://photos.cognitiveservices.azure.com/',
  VISION_KEY: 'vision-key',
};

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig({ ...ENOUGH, ...env });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const secret of [KEY, SHORT, 'c2lnbmVk', 'vision key']) expect(error.message).not.toContain(secret);
    return error.message.split('\n');
  }
}

const storage = (text: string) => {
  const env = { AZURE_STORAGE_CONNECTION_STRING: text };
  const [first = '', ...more] = problemsOf(env);
  expect(more).toEqual([]);
  return /it (?<faults>.*)\. Copy the complete string from "Access keys"/.exec(first)?.groups?.faults ?? first;
};

describe('a storage connection string', () => {
  test.each([
    [`nonsense;AccountKey=${KEY}`, 'has no "=" in its part 1, and it has no AccountName'],
    ['nonsense', 'has no "=" in its part 1'],
    [';', 'is empty'],
    [`${KEY}`, 'has an unknown name in its part 1'],
    ['https://photos.blob.core.windows.net', 'has no "=" in its part 1'],
    [`AcountName=photos;AccountKey=${KEY}`, 'has an unknown name in its part 1, and it has no AccountName'],
    ['AccountName=photos', 'has neither AccountKey nor SharedAccessSignature'],
    ['AccountName=photos;AccountKey=', 'has neither AccountKey nor SharedAccessSignature'],
    ['AccountName=photos;AccountKey=ab c=', 'has an AccountKey that is not base64'],
    [`AccountName=photos;AccountKey=${encodeURIComponent(KEY)}`, 'has an AccountKey that is not base64'],
    [`AccountName=photos;AccountKey=${SHORT}`, 'has an AccountKey that has 48 bytes, and keys of Azure have 64'],
    [`AccountName=Photos;AccountKey=${KEY}`, 'has an AccountName that is not of lower-case letters and digits'],
    [`${ACCOUNT};AccountName=others`, 'has AccountName twice'],
    [`DefaultEndpointsProtocol=ftp;${ACCOUNT}`, 'has a DefaultEndpointsProtocol that is neither https nor http'],
    [`${ACCOUNT};EndpointSuffix=https://core.windows.net`, 'has an EndpointSuffix that is no name of a host'],
    [`${ACCOUNT};EndpointSufix=core.chinacloudapi.cn`, 'has an unknown name in its part 3'],
    [`${ACCOUNT};BlobEndpoint=photos.blob.core.windows.net`, 'has a BlobEndpoint that is no URL'],
    [`${ACCOUNT};QueueEndpoint=ftp://x`, 'has a QueueEndpoint that is no URL'],
    [
      `${ACCOUNT};BlobEndpoint=https://photos.blob.core.windows.net/?${SAS}`,
      'has a BlobEndpoint with more than an address',
    ],
    ['UseDevelopmentStorage=yes', 'has a UseDevelopmentStorage that is not true'],
    ['UseDevelopmentStorage=true;DevelopmentStorageProxyUri=proxy', 'has a DevelopmentStorageProxyUri that is no URL'],
    [`SharedAccessSignature=${SAS}`, 'has no AccountName'],
    ['AccountName=photos;SharedAccessSignature=sv=2024-11-04&sp=rl', 'has a SharedAccessSignature without sv or sig'],
    [
      `AccountName=photos;SharedAccessSignature=${SAS.replace('ss=b', 'ss=q').replace('sco', 'o').replace('sp=rl', 'sp=w')}`,
      'has a SharedAccessSignature that is not for blobs (ss), and it has a SharedAccessSignature that is not for containers (srt), and it has a SharedAccessSignature that does not allow to read and list (sp)',
    ],
    [
      `AccountName=photos;SharedAccessSignature=${SAS.replace('ss=b&srt=sco', 'sr=b')}`,
      'has a SharedAccessSignature that is not for a whole container (sr)',
    ],
    [
      `AccountName=photos;SharedAccessSignature=${SAS.replace('2099', '2020')}`,
      'has a SharedAccessSignature that ended 2020-01-01T00:00:00.000Z',
    ],
  ])('%s: it %s', (text, faults) => {
    expect(storage(text)).toBe(faults);
  });

  test('is named by its older setting, where that has it', () => {
    const { AZURE_STORAGE_CONNECTION_STRING: _, ...others } = ENOUGH;
    const env = { ...others, AzureWebJobsStorage: `nonsense;AccountKey=${KEY}` };
    expect(() => readConfig(env)).toThrow(
      'AzureWebJobsStorage: is not a connection string of a storage account: it has no "=" in its part 1, and it has no AccountName. Copy the complete string from "Access keys" of the storage account: DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net',
    );
  });

  test.each([
    [
      ` accountkey=${KEY} ; accountname=photos; `,
      `DefaultEndpointsProtocol=https;AccountName=photos;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
    ],
    [
      `DefaultEndpointsProtocol=HTTP;AccountName=d;AccountKey=eA==;${EMULATOR}/;QueueEndpoint=http://127.0.0.1:1/d`,
      `DefaultEndpointsProtocol=http;AccountName=d;AccountKey=eA==;EndpointSuffix=core.windows.net;${EMULATOR};QueueEndpoint=http://127.0.0.1:1/d`,
    ],
    ['usedevelopmentstorage=True', 'UseDevelopmentStorage=true'],
    [
      'UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://127.0.0.1/',
      'UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://127.0.0.1',
    ],
    [
      `AccountName=photos;SharedAccessSignature=?${SAS};TableEndpoint=https://photos.table.core.windows.net`,
      `SharedAccessSignature=${SAS};EndpointSuffix=core.windows.net;BlobEndpoint=https://photos.blob.core.windows.net`,
    ],
  ])('%s is what every SDK takes', (text, whole) => {
    const { connectionString, credential } = readConfig({ ...ENOUGH, AZURE_STORAGE_CONNECTION_STRING: text }).storage;
    expect(connectionString.reveal()).toBe(whole);
    expect(credential).toBe(text.includes('SharedAccessSignature') ? 'sas' : 'key');
  });
});

const COPY_WHOLE =
  'Copy the complete string from "Keys" of the Cosmos account: AccountEndpoint=https://...;AccountKey=...;';
const COSMOS_LOOKS = 'Use an address such as https://NAME.documents.azure.com:443/';
const COSMOS_KEY_CURE = 'Copy the whole key from "Keys" of the Cosmos account.';
const NO_COSMOS = { COSMOS_ENDPOINT: '', COSMOS_KEY: '' };
const VISION_CURE = 'The resource shows it under "Keys and Endpoint".';
const SECRET_CURE = 'Copy it again, alone and whole.';

describe('other settings', () => {
  test.each<[Record<string, string>, string]>([
    [{ COSMOS_ENDPOINT: 'photos.documents.azure.com' }, `COSMOS_ENDPOINT: is not a URL. ${COSMOS_LOOKS}`],
    [{ COSMOS_ENDPOINT: 'https://photos.documents.azure .com' }, `COSMOS_ENDPOINT: is not a URL. ${COSMOS_LOOKS}`],
    [
      { COSMOS_ENDPOINT: 'https://photos.documents.azure.com:443/dbs/AnalysisResult' },
      `COSMOS_ENDPOINT: has a path or a query. ${COSMOS_LOOKS}`,
    ],
    [
      { COSMOS_ENDPOINT: 'https://me:secret@photos.documents.azure.com' },
      `COSMOS_ENDPOINT: holds a user name or a password. ${COSMOS_LOOKS}`,
    ],
    [
      { COSMOS_ENDPOINT: 'https://photos.mongo.cosmos.azure.com:10255' },
      `COSMOS_ENDPOINT: leads to another API of Cosmos DB, and the account must have that for NoSQL. ${COSMOS_LOOKS}`,
    ],
    [
      { COSMOS_ENDPOINT: `AccountEndpoint=https://x.documents.azure.com;AccountKey=${KEY}` },
      'COSMOS_ENDPOINT: is a whole connection string. Set it as CosmosDBConnection, and take COSMOS_ENDPOINT away.',
    ],
    [{ COSMOS_KEY: 'key' }, `COSMOS_KEY: is not base64. ${COSMOS_KEY_CURE}`],
    [{ COSMOS_KEY: SHORT }, `COSMOS_KEY: has 48 bytes, and keys of Azure have 64. ${COSMOS_KEY_CURE}`],
    [
      { ...NO_COSMOS, CosmosDBConnection: `nonsense;AccountKey=${SHORT}` },
      `CosmosDBConnection: is not a connection string of Cosmos DB: it has no "=" in its part 1, and it has no AccountEndpoint. ${COPY_WHOLE}`,
    ],
    [
      { ...NO_COSMOS, CosmosDBConnection: `AccountEndpoint=https://x.documents.azure.com;AccountKey=${SHORT}` },
      `CosmosDBConnection: is not a connection string of Cosmos DB: it has an AccountKey that has 48 bytes, and keys of Azure have 64. ${COPY_WHOLE}`,
    ],
    [
      { VISION_ENDPOINT: 'https://photos.cognitiveservices.azure.com/computervision' },
      `VISION_ENDPOINT: has the path /computervision, which the service does not have; remove it. ${VISION_CURE}`,
    ],
    [
      { VISION_ENDPOINT: 'https://photos.cognitiveservices.azure.com/?subscription-key=k' },
      `VISION_ENDPOINT: has a query, which is never sent; remove what follows the "?" or "#". ${VISION_CURE}`,
    ],
    [{ VISION_KEY: 'vision key' }, `VISION_KEY: holds a blank or a sign that is not ASCII. ${SECRET_CURE}`],
    [{ VISION_KEY: 'schlüssel' }, `VISION_KEY: holds a blank or a sign that is not ASCII. ${SECRET_CURE}`],
    [
      { VISION_FEATURES: 'Tags,Smile' },
      'VISION_FEATURES: cannot be asked for: API version 3.2 has no feature Smile; it has Categories, Tags, Description, Faces, ImageType, Color, Adult, Objects, Brands, Landmarks, Celebrities. Name features of that version, split by commas.',
    ],
    [{ VISION_FEATURES: ',' }, 'VISION_FEATURES: names no feature. Name features of that version, split by commas.'],
    [
      { VISION_RATE: '0/s' },
      'VISION_RATE: is no rate above 0. Give calls per second or minute: 10/s, 20/min, or unlimited.',
    ],
    ...['1000', 'shared', 'shared:1,000', 'shared:', 'manual:400'].map((value): [Record<string, string>, string] => [
      { COSMOS_THROUGHPUT: value },
      'COSMOS_THROUGHPUT: has an unknown value. Give RU/s: shared:1000 (all containers share it), autoscale:4000 (the same, up to it), or each:400.',
    ]),
    ...['shared:300', 'shared:1050', 'shared:1000100'].map((value): [Record<string, string>, string] => [
      { COSMOS_THROUGHPUT: value },
      'COSMOS_THROUGHPUT: is no throughput that Cosmos DB gives. Give shared: and from 400 to 1000000, in steps of 100.',
    ]),
    [
      { COSMOS_THROUGHPUT: 'autoscale:1500' },
      'COSMOS_THROUGHPUT: is no throughput that Cosmos DB gives. Give autoscale: and from 1000 to 1000000, in steps of 1000.',
    ],
    [{ API_PORT: '0x50' }, 'API_PORT: is not a number. Give a number from 1 to 65535.'],
    [{ API_PORT: '80 80' }, 'API_PORT: is not a number. Give a number from 1 to 65535.'],
    [{ API_PORT: '65536' }, 'API_PORT: is out of range. Give a number from 1 to 65535.'],
    [{ SHRINK_GUARD_PERCENT: '20%' }, 'SHRINK_GUARD_PERCENT: is not a number. Give a number from 0 to 100.'],
    [{ PRICE_PER_TRANSACTION: '0,001' }, 'PRICE_PER_TRANSACTION: is not a number. Give a number from 0 to 1000.'],
    [{ PRICE_PER_TRANSACTION: 'Infinity' }, 'PRICE_PER_TRANSACTION: is not a number. Give a number from 0 to 1000.'],
    [{ API_PORT: '3000' }, 'APP_PORT: is 3000, as API_PORT is. Give each a port of its own.'],
    [
      { API_HOST: 'http://127.0.0.1' },
      'API_HOST: is no address and no host name. Give an address of this machine such as 127.0.0.1 or 0.0.0.0, without scheme; API_PORT has the port.',
    ],
    [
      { API_HOST: '0.0.0.0:8080' },
      'API_HOST: is no address and no host name. Give an address of this machine such as 127.0.0.1 or 0.0.0.0, without scheme; API_PORT has the port.',
    ],
    [{ LOG_LEVEL: '"debug"' }, 'LOG_LEVEL: has quotes around its value. Remove them.'],
    [{ COSMOS_KEY: `'${KEY}'` }, 'COSMOS_KEY: has quotes around its value. Remove them.'],
  ])('%j: %s', (env, message) => {
    expect(problemsOf(env)).toEqual([message]);
  });

  test('what surrounds a value and is none of it is let go: blanks, line ends, a byte order mark', () => {
    const padded = Object.fromEntries(Object.entries(ENOUGH).map(([name, value]) => [name, `\ufeff ${value}\r\n`]));
    expect(JSON.stringify(readConfig(padded))).toBe(JSON.stringify(readConfig(ENOUGH)));
    expect(readConfig(padded).cosmos.key.reveal()).toBe(KEY);
  });

  test('all come at once, in quotes or not', () => {
    const names = problemsOf({
      AZURE_STORAGE_CONNECTION_STRING: `"nonsense;AccountKey=${KEY}"`,
      COSMOS_KEY: 'x',
      VISION_KEY: 'vision key',
      API_PORT: 'x',
    }).map((line) => line.split(':', 1)[0]);
    expect(names.sort()).toEqual(
      [
        'API_PORT',
        'AZURE_STORAGE_CONNECTION_STRING',
        'AZURE_STORAGE_CONNECTION_STRING',
        'COSMOS_KEY',
        'VISION_KEY',
      ].sort(),
    );
  });
});
