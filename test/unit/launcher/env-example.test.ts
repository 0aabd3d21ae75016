import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfig } from '../../../src/config';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';

/** `.env.example` with every line switched on. */
const example = parseEnv(
  readFileSync(join(CHECKOUT, '.env.example'), 'utf8').replace(/^#(?=[A-Z_]+=)/gm, ''),
) as Record<string, string>;
const KEY = Buffer.alloc(64).toString('base64');
const services = {
  AZURE_STORAGE_CONNECTION_STRING:
    example.AZURE_STORAGE_CONNECTION_STRING?.replace('NAME', 'photos').replace('=KEY', `=${KEY}`) ?? '',
  COSMOS_ENDPOINT: example.COSMOS_ENDPOINT ?? '',
  COSMOS_KEY: KEY,
  VISION_ENDPOINT: example.VISION_ENDPOINT ?? '',
  VISION_KEY: 'key',
};

test('.env.example is accepted by the app and shows its defaults', () => {
  expect(readConfig({ ...example, ...services })).toEqual(readConfig(services));
});

test('it names nothing that nobody reads', () => {
  const rooms = readdirSync(join(CHECKOUT, 'src', 'config')).map((name) => join('config', name));
  const config = ['config.ts', ...rooms].map((file) => readFileSync(join(CHECKOUT, 'src', file), 'utf8')).join('');
  const ofLauncher = ['CONTACTSHEET_HOME', 'DAPR_RUNTIME_PATH', 'LOCAL_KEYS'];
  const unread = Object.keys(example).filter((name) => !ofLauncher.includes(name) && !config.includes(`'${name}'`));
  expect(unread).toEqual([]);
});
