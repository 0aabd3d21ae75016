import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CosmosClient } from '@azure/cosmos';
import { problemsOfLauncher, type Stack } from '@contactsheet/dev-stack';
import { ENDPOINTS, pathOf } from 'contactsheet/contract';
import { ConfigError, readConfig } from 'contactsheet/setup';
import { withStack } from '../bench-stack';
import { atMost } from './expected';
import type { OutsideCase } from './outside-case';
import type { Place } from './place';

const KEY = Buffer.alloc(64, 'key').toString('base64');
const SERVICES = {
  AzureWebJobsStorage: `AccountName=photos;AccountKey=${KEY}`,
  COSMOS_ENDPOINT: 'https://photos.documents.azure.com:443/',
  COSMOS_KEY: KEY,
  VISION_ENDPOINT: 'https://photos.cognitiveservices.azure.com',
  VISION_KEY: 'key',
};

/** What the start says of one wrong setting, before anything runs. */
function wrongSetting(name: string, env: Record<string, string>, setting: string, problem: RegExp): OutsideCase {
  return {
    kind: 'settings',
    name,
    isTested: true,
    see: async () => {
      const [found, ...more] = problemsOf({ ...SERVICES, ...env });
      return { setting: found?.name, problem: found?.problem, more: more.length };
    },
    expected: { setting, problem, more: 0 },
  };
}

function problemsOf(env: Record<string, string>) {
  const ofLauncher = problemsOfLauncher(env);
  try {
    readConfig(env);
    return ofLauncher;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...error.problems, ...ofLauncher];
  }
}

/** The offers that a start with this setting has made, and how many of the containers have one of their own. */
function throughput(value: string, offer: object, ofContainers: number): OutsideCase {
  return {
    kind: 'settings',
    name: `COSMOS_THROUGHPUT=${value}`,
    see: async () => {
      const seen: object[] = [];
      const look = async (stack: Stack) => {
        seen.push(await offersOf(stack.endpoints().cosmos));
      };
      await withStack({}, look, { env: { COSMOS_THROUGHPUT: value } });
      return seen[0];
    },
    expected: { containers: 5, ofContainers, ...offer },
  };
}

async function offersOf({ endpoint, key }: { readonly endpoint: string; readonly key: string }) {
  const client = new CosmosClient({ endpoint, key });
  const database = client.database('AnalysisResult');
  const { resources: containers } = await database.containers.readAll().fetchAll();
  const { resources: offers } = await client.offers.readAll().fetchAll();
  const own = offers.filter(({ offerResourceId }) => containers.some(({ _rid }) => _rid === offerResourceId));
  const shared = offers.find((one) => !own.includes(one))?.content;
  const [each] = own.map(({ content }) => content?.offerThroughput);
  return {
    containers: containers.length,
    ofContainers: own.length,
    shared: shared?.offerThroughput,
    upTo: shared?.offerAutopilotSettings?.maxThroughput,
    each,
  };
}

/** Every page of a list, by the links alone. */
async function pagesOf(place: Place, path: string): Promise<{ readonly pages: number[]; readonly distinct: number }> {
  const pages: number[] = [];
  const found = new Set<string>();
  for (let next: string | undefined = path; next !== undefined; ) {
    const { body } = await place.ask(next);
    const { value, nextLink } = body as { readonly value: { readonly blob: string }[]; readonly nextLink?: string };
    pages.push(value.length);
    for (const { blob } of value) found.add(blob);
    next = nextLink?.replace(place.endpoints.api, '');
  }
  return { pages, distinct: found.size };
}

const CLI = join(__dirname, '..', '..', '..', 'cli', 'dist', 'main.js');

/** The parts as `contactsheet doctor` finds them. */
async function doctor(place: Place): Promise<Readonly<Record<string, { state: string; detail: string }>>> {
  const words = [CLI, 'doctor', '-o', 'json', '--address', place.endpoints.api];
  // It ends with a code of its own where a part has failed.
  const { stdout } = await promisify(execFile)(process.execPath, words).catch((error: { stdout: string }) => error);
  return (JSON.parse(stdout) as { checks: Record<string, { state: string; detail: string }> }).checks;
}

export const SETTINGS_CASES: readonly OutsideCase[] = [
  wrongSetting(
    'a connection string of nonsense and a key',
    { AzureWebJobsStorage: `nonsense;AccountKey=${KEY}` },
    'AzureWebJobsStorage',
    /it has no "=" in its part 1, and it has no AccountName/,
  ),
  wrongSetting(
    'a shared access signature without the key',
    { AzureWebJobsStorage: 'AccountName=photos;SharedAccessSignature=sv=1&ss=b&srt=co&sp=rl&sig=s' },
    'AzureWebJobsStorage',
    /has a SharedAccessSignature and no AccountKey/,
  ),
  wrongSetting('a key in quotes', { COSMOS_KEY: `"${KEY}"` }, 'COSMOS_KEY', /has quotes around its value/),
  wrongSetting('half a key', { COSMOS_KEY: KEY.slice(0, 44) }, 'COSMOS_KEY', /has 33 bytes, and keys of Azure have 64/),
  {
    kind: 'settings',
    name: 'a body of null',
    isTested: true,
    arrange: (place) => place.pictures(['a.jpg']),
    see: async (place) => {
      const path = pathOf(ENDPOINTS.startRun, { container: place.container });
      const headers = { 'content-type': 'application/json' };
      const { status } = await place.ask(path, { method: 'POST', headers, body: 'null' });
      const { body } = await place.ask(`${pathOf(ENDPOINTS.listRuns)}?container=${place.container}`);
      return { status, runs: (body as { value: unknown[] }).value.length };
    },
    expected: { status: 400, runs: 0 },
  },
  {
    kind: 'settings',
    name: 'bodies that are no object',
    arrange: (place) => place.pictures(['a.jpg']),
    see: async (place) => {
      const path = pathOf(ENDPOINTS.startRun, { container: place.container });
      const statuses = [];
      for (const body of ['[]', '"photos"', '1', 'true', '{', '{"approval":null}', '{"features":"tags"}']) {
        const headers = { 'content-type': 'application/json' };
        statuses.push((await place.ask(path, { method: 'POST', headers, body })).status);
      }
      const { body } = await place.ask(`${pathOf(ENDPOINTS.listRuns)}?container=${place.container}`);
      return { statuses, runs: (body as { value: unknown[] }).value.length };
    },
    expected: { statuses: Array(7).fill(400), runs: 0 },
  },
  {
    kind: 'settings',
    name: 'sizes of a page that are none',
    see: async (place) => {
      const path = pathOf(ENDPOINTS.listRuns);
      const statuses = [];
      for (const size of ['0', '-1', 'abc', '1.5', '', '1e3', '99999999999999999999']) {
        statuses.push((await place.ask(`${path}?maxpagesize=${size}`)).status);
      }
      return statuses;
    },
    expected: [400, 400, 400, 400, 400, 400, 200],
  },
  {
    kind: 'settings',
    name: 'a page of 500',
    isTested: true,
    see: async (place) => {
      const { status, body } = await place.ask(`${pathOf(ENDPOINTS.listRuns)}?maxpagesize=500`);
      return { status, items: (body as { value?: unknown[] }).value?.length };
    },
    expected: { status: 200, items: atMost(100) },
  },
  {
    kind: 'settings',
    name: 'a page of 500 of 230 images, and what follows it',
    arrange: (place) => place.pictures(Array.from({ length: 230 }, (_, n) => `photo-${n}.jpg`)),
    see: async (place) => {
      const { id } = await place.run();
      const { container } = place;
      const ofContainer = await pagesOf(place, `${pathOf(ENDPOINTS.listImages, { container })}?maxpagesize=500`);
      const ofRun = await pagesOf(place, `${pathOf(ENDPOINTS.listRunImages, { id })}?maxpagesize=500`);
      return { ofContainer, ofRun };
    },
    expected: {
      ofContainer: { pages: [100, 100, 30], distinct: 230 },
      ofRun: { pages: [100, 100, 30], distinct: 230 },
    },
  },
  throughput('shared:1000', { shared: 1_000, upTo: undefined }, 0),
  throughput('autoscale:4000', { upTo: 4_000 }, 0),
  throughput('each:400', { shared: undefined, each: 400 }, 5),
  {
    kind: 'settings',
    name: 'doctor after Vision refused the key',
    isTested: true,
    arrange: async (place) => {
      await place.pictures(['a.jpg']);
      await place.vision.arm({ behaviour: 'status-401', times: 1_000 });
    },
    see: async (place) => {
      const { status } = await place.run();
      const { vision } = await doctor(place);
      await place.vision.disarm();
      await place.run();
      return { status, ...vision, later: (await doctor(place)).vision?.state };
    },
    expected: { status: 'Failed', state: 'failed', detail: /^vision-unauthorized/, later: 'ok' },
  },
  {
    kind: 'settings',
    name: 'doctor beside a frozen Cosmos DB',
    see: async (place) => {
      const pid = place.endpoints.pids.cosmos;
      if (pid === null) throw new Error('Cosmos DB is not one of this stack.');
      process.kill(pid, 'SIGSTOP');
      const began = Date.now();
      try {
        const { api, sidecar, results } = await doctor(place);
        const states = { api: api?.state, sidecar: sidecar?.state, results: results?.state };
        return { ...states, seconds: Math.floor((Date.now() - began) / 1_000) };
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    },
    expected: { api: 'ok', sidecar: 'ok', results: 'failed', seconds: atMost(8) },
  },
];
