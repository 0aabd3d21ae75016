import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { startCosmos } from './cosmos';

/** The program as a cluster runs it before the sidecar, compiled. */
const JOB = join(__dirname, '..', '..', '..', 'dist', 'schema-job.js');
const SETTINGS = {
  AzureWebJobsStorage: `AccountName=photos;AccountKey=${Buffer.alloc(64, 'key').toString('base64')}`,
  VISION_ENDPOINT: 'https://photos.cognitiveservices.azure.com',
  VISION_KEY: 'key',
};

test('the schema job makes the database with the throughput that is set', async () => {
  const cosmos = await startCosmos({ schema: false, throughputLimit: 1_000 });
  const client = createCosmosClient(cosmos.settings);
  try {
    const { endpoint, key } = cosmos.settings;
    const env = { ...SETTINGS, COSMOS_ENDPOINT: endpoint, COSMOS_KEY: key, COSMOS_THROUGHPUT: 'shared:1000' };
    const { stdout } = await promisify(execFile)(process.execPath, [JOB], { env });
    expect(stdout).toBe('The database and its containers are there.\n');
    const { resources } = await client.offers.readAll().fetchAll();
    expect(resources.map(({ content }) => content?.offerThroughput)).toEqual([1_000]);
  } finally {
    client.dispose();
    await cosmos.stop();
  }
});
