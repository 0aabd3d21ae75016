/**
 * What runs over the same container leave behind, run after run: `npm run repeat -- [--runs 10] [--images 500] [--changed 0]`.
 *
 * Documents and blobs are counted when the engine has forgotten the run; the home on the disk as it is then. With --changed
 * so many images are replaced before each further run. At the end all runs but the last are purged, as the end of
 * REPORT_RETENTION_DAYS does.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Stack } from '@contactsheet/dev-stack';
import { createClient } from 'contactsheet/contract';
import { runToEnd, withStack } from './bench-stack';
import { engineState, schedulerJobs } from './engine-state';
import { type Amount, diskOf, type Records, recordsIn } from './footprint';
import { createPictures } from './pictures';
import { seedContainer } from './seed-container';

const CONTAINER = 'repeated';
const RETENTION = '3s';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '10' },
      images: { type: 'string', default: '500' },
      changed: { type: 'string', default: '0' },
    },
  });
  const [runs, images, changed] = [Number(values.runs), Number(values.images), Number(values.changed)];
  const measure = async (stack: Stack) => {
    await seedContainer(stack.endpoints().blobConnectionString, CONTAINER, images);
    const ids: string[] = [];
    for (const line of HEADER) say(line);
    for (let n = 1; n <= runs; n++) {
      if (n > 1 && changed > 0) await replace(stack, changed, n);
      const run = await runToEnd(stack, CONTAINER);
      if (run.status !== 'Completed') throw new Error(`Not as it must be: ${JSON.stringify(run)}`);
      ids.push(run.id);
      say(await row(stack, String(n)));
    }
    for (const id of ids.slice(0, -1)) await purge(stack, id);
    say(await row(stack, 'last alone'));
  };
  await withStack({ latencyMs: 5 }, measure, { engineRetention: RETENTION });
}

const COLUMNS: readonly [string, (records: Records) => Amount | undefined][] = [
  ['images', ({ documents }) => documents.ImageAnalysis],
  ['cache', ({ documents }) => documents.AnalysisCache],
  ['runs', ({ documents }) => documents.Runs],
  ['activity', ({ documents }) => documents.Activity],
  ['engine and actors', ({ documents }) => documents.EngineState],
  ['inputs', ({ blobs }) => blobs.input],
  ['reports', ({ blobs }) => blobs.report],
  ['ledgers', ({ blobs }) => blobs.ledger],
  ['receipts', ({ blobs }) => blobs.receipt],
];
const DISK = ['cosmos', 'azurite', 'scheduler', 'logs', 'all'] as const;
const HEADER = [
  cells([
    'run',
    ...COLUMNS.map(([name]) => `${name}, number / kB`),
    'jobs',
    ...DISK.map((name) => `${name}, kB of disk`),
    'load',
  ]),
  `|${'---|'.repeat(COLUMNS.length + DISK.length + 3)}`,
];

async function row(stack: Stack, name: string): Promise<string> {
  await forgotten(stack);
  const records = await recordsIn(stack.endpoints());
  const jobs = await schedulerJobs(stack.etcd);
  const disk = diskOf(stack.home.path);
  return cells([
    name,
    ...COLUMNS.map(([, pick]) => amount(pick(records))),
    String(jobs.length),
    ...DISK.map((part) => kB(disk[part] ?? 0)),
    (loadavg()[0] ?? 0).toFixed(1),
  ]);
}

/** The engine forgets by itself, a moment after its run. */
async function forgotten(stack: Stack): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    if ((await engineState(stack.endpoints().cosmos)).ofEngine === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('The engine has not forgotten its workflows within a minute.');
}

async function replace(stack: Stack, count: number, round: number): Promise<void> {
  const pictureOf = await createPictures(`round-${round}`);
  const client = BlobServiceClient.fromConnectionString(stack.endpoints().blobConnectionString);
  const container = client.getContainerClient(CONTAINER);
  let replaced = 0;
  for await (const { name } of container.listBlobsFlat()) {
    if (replaced === count) return;
    const bytes = Buffer.from(pictureOf(replaced++));
    await container.getBlockBlobClient(name).upload(bytes, bytes.length);
  }
}

async function purge(stack: Stack, id: string): Promise<void> {
  const client = createClient({ address: stack.endpoints().api });
  const { status } = await client.purgeInstance({ params: { instanceId: id } });
  if (status !== 200) throw new Error(`Run ${id} is not purged: ${status}.`);
}

function cells(values: readonly string[]): string {
  return `| ${values.join(' | ')} |`;
}

function amount({ count, bytes }: Amount = { count: 0, bytes: 0 }): string {
  return `${count} / ${kB(bytes)}`;
}

function kB(bytes: number): string {
  return String(Math.round(bytes / 1_000));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main();
