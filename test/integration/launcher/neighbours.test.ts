/**
 * Starts at the same moment on one machine, each with a home of its own: all of them come up, and none ever sees what belongs
 * to another. NEIGHBOURS (3) starts at once, NEIGHBOUR_ROUNDS (1) times.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Endpoints } from '../../../packages/dev-stack/src/endpoints';
import { eventually } from '../framework';

const NEIGHBOURS = Number(process.env.NEIGHBOURS ?? 3);
const ROUNDS = Number(process.env.NEIGHBOUR_ROUNDS ?? 1);

/** The compiled launcher as a process of its own, on the usual ports or the next free ones. */
const LAUNCH = `
  const from = ${JSON.stringify(join(__dirname, '..', '..', '..', 'packages', 'dev-stack', 'dist'))};
  const { acquireRuntime } = require(from + '/runtime/acquire.js');
  const { startStack } = require(from + '/stack.js');
  const { withoutServices } = require(from + '/settings.js');
  const { NODE_ENV, JEST_WORKER_ID, ...env } = withoutServices(process.env);
  const signal = new AbortController().signal;
  const appCommand = [process.execPath, ${JSON.stringify(join(__dirname, '..', 'framework', 'stub-app.cjs'))}];
  acquireRuntime({ env: process.env, signal, say: console.error })
    .then((runtime) => startStack({ home: process.argv[1], runtime, env, appCommand, storageInMemory: true }))
    .then(
      (stack) => {
        process.on('SIGTERM', () => stack.stop().then(() => process.exit(0)));
        console.log('up');
      },
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
`;

interface Neighbour {
  readonly tag: string;
  readonly home: string;
  readonly process: ChildProcess;
  said(): string;
}

function start(tag: string): Neighbour {
  const home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  const child = spawn(process.execPath, ['-e', LAUNCH, home], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      text += piece;
    });
  }
  return { tag, home, process: child, said: () => text };
}

const endpointsOf = ({ home }: Neighbour) =>
  JSON.parse(readFileSync(join(home, 'endpoints.json'), 'utf8')) as Endpoints;
const isRunning = ({ process: { exitCode, signalCode } }: Neighbour) => exitCode === null && signalCode === null;
const key = 'neighbours/whose';

/** By its sidecar, which writes into the storage that its component names, and into the storage by its own address. */
async function tagData(neighbour: Neighbour): Promise<void> {
  const { sidecar, sidecarToken, blobConnectionString } = endpointsOf(neighbour);
  const headers = { 'dapr-api-token': sidecarToken, 'content-type': 'application/json' };
  const body = JSON.stringify([{ key, value: neighbour.tag }]);
  expect((await fetch(`${sidecar}/v1.0/state/manifests`, { method: 'POST', headers, body })).status).toBe(204);
  await BlobServiceClient.fromConnectionString(blobConnectionString).createContainer(neighbour.tag);
}

/** What a neighbour finds where its data lies. */
async function look(neighbour: Neighbour) {
  const { sidecar, sidecarToken, blobConnectionString, cosmos, vision } = endpointsOf(neighbour);
  const state = `${sidecar}/v1.0/state/manifests/${encodeURIComponent(key)}`;
  const found = await fetch(state, { headers: { 'dapr-api-token': sidecarToken } });
  const containers: string[] = [];
  for await (const { name } of BlobServiceClient.fromConnectionString(blobConnectionString).listContainers()) {
    if (name.startsWith('neighbour-')) containers.push(name);
  }
  // Keys are drawn for each home: another's service refuses ours.
  const headers = { 'ocp-apim-subscription-key': vision.key, 'content-type': 'application/json' };
  const asked = await fetch(`${vision.endpoint}/vision/v3.2/analyze`, { method: 'POST', headers, body: '{}' });
  return { whose: await found.json(), containers, visionKnowsUs: asked.status !== 401, cosmos: cosmos.endpoint };
}

test.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
  `round %i: ${NEIGHBOURS} starts at once are all up, and each sees its own data alone`,
  async (round) => {
    const neighbours = Array.from({ length: NEIGHBOURS }, (_, i) => start(`neighbour-${round}-${i}`));
    try {
      for (const neighbour of neighbours) {
        await eventually(() => neighbour.said().includes('up\n') || !isRunning(neighbour), {
          what: `${neighbour.tag} comes up`,
          timeoutMs: 240_000,
        });
        if (!isRunning(neighbour)) throw new Error(`${neighbour.tag} ended: ${neighbour.said()}`);
      }
      await Promise.all(neighbours.map(tagData));
      const seen = await Promise.all(neighbours.map(look));
      for (const [i, { tag }] of neighbours.entries()) {
        expect(seen[i]).toMatchObject({ whose: tag, containers: [tag], visionKnowsUs: true });
      }
      expect(new Set(seen.map(({ cosmos }) => cosmos)).size).toBe(NEIGHBOURS);
      for (const neighbour of neighbours) expect(neighbour.said()).toBe('up\n');
    } finally {
      await Promise.all(
        neighbours.map(async (neighbour) => {
          if (isRunning(neighbour)) {
            const ended = once(neighbour.process, 'exit');
            neighbour.process.kill('SIGTERM');
            await ended;
          }
          rmSync(neighbour.home, { recursive: true, force: true, maxRetries: 3 });
        }),
      );
    }
  },
  300_000,
);
