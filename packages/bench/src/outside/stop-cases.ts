import { setTimeout as pause } from 'node:timers/promises';
import { CosmosClient } from '@azure/cosmos';
import { ENDPOINTS, pathOf, taken } from 'contactsheet/contract';
import { atMost, between } from './expected';
import type { OutsideCase } from './outside-case';
import type { Place, Run } from './place';

/** What began before a stop may still be told: nothing starts later than this. */
const STOPS_WITHIN_MS = 1_000;
const LOOK_AGAIN_MS = 4_000;

/** Documents of removed images, counted where they lie. */
async function removedIn(place: Place): Promise<number> {
  const { endpoint, key } = place.endpoints.cosmos;
  const results = new CosmosClient({ endpoint, key }).database('AnalysisResult').container('ImageAnalysis');
  const query = "SELECT VALUE COUNT(1) FROM c WHERE c.status = 'removed'";
  const { resources } = await results.items.query<number>(query, { partitionKey: place.container }).fetchAll();
  return resources[0] ?? 0;
}

/** A run that removes `count` images is under way: its id. */
async function removing(place: Place, names: readonly string[]): Promise<string> {
  await place.run({ withinMs: 300_000 });
  await place.remove(names);
  const id = await place.start({ confirmShrink: true });
  await place.until(
    () => removedIn(place),
    (count) => count > 0,
    60_000,
  );
  return id;
}

const named = (count: number, stem = 'photo') =>
  Array.from({ length: count }, (_, n) => `${stem}-${String(n).padStart(4, '0')}.jpg`);

/** Removals that a command meets half way. `stopped`: the run as it is then, and what was removed after the command. */
function stopped(count: number, verb: 'pauseRun' | 'cancelRun', status: Run['status']): OutsideCase {
  const names = named(count);
  return {
    kind: 'stop',
    name: `${count} removals, and a ${verb === 'pauseRun' ? 'pause' : 'cancel'} in the middle`,
    isSlow: true,
    arrange: (place) => place.pictures([...names, 'stays.jpg']),
    see: async (place) => {
      const id = await removing(place, names);
      const began = Date.now();
      await place.client[verb]({ params: { id } });
      await pause(STOPS_WITHIN_MS);
      const then = await removedIn(place);
      const run = await place.until(
        () => place.look(id),
        (seen) => seen.status === status || seen.status.startsWith('Completed'),
        90_000,
      );
      const seconds = Math.round((Date.now() - began) / 1_000);
      await pause(LOOK_AGAIN_MS);
      const now = await removedIn(place);
      if (verb === 'pauseRun') await place.client.cancelRun({ params: { id } });
      return { status: run.status, seconds, removed: now, later: now - then };
    },
    expected: { status, seconds: atMost(10), removed: between(1, count - 1), later: 0 },
  };
}

/** A name or prefix that no storage takes. */
function impossible(name: string, prefix: string): OutsideCase {
  return {
    kind: 'stop',
    name: `a prefix with ${name}`,
    arrange: (place) => place.pictures(['photo.jpg']),
    see: async (place) => {
      const { container } = place;
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prefix }),
      };
      const run = await place.ask(pathOf(ENDPOINTS.startRun, { container }), init);
      const quote = await place.ask(pathOf(ENDPOINTS.quote, { container }), init);
      const { status } = await place.run();
      return { run: run.status, quote: quote.status, next: status };
    },
    expected: { run: 400, quote: 400, next: 'Completed' },
  };
}

/** A repair that removes documents, cancelled in the middle: what it removed, what it removed later, and whether the totals agree. */
async function seeRepair(place: Place, names: readonly string[]): Promise<unknown> {
  const { client, container } = place;
  await place.run({ withinMs: 300_000 });
  await place.remove(names);
  const begun = await client.repairContainer({ params: { container }, query: { confirmShrink: 'true' } });
  if (begun.status !== 202) throw new Error(`The repair was over too soon to be cancelled: ${begun.status}.`);
  const params = { id: begun.body.id };
  await place.until(
    () => removedIn(place),
    (count) => count > 0,
    60_000,
  );
  const asked = await client.cancelOperation({ params });
  await pause(STOPS_WITHIN_MS);
  const then = await removedIn(place);
  const ended = await place.until(
    async () => taken(await client.getOperation({ params })),
    ({ status }) => status !== 'Running',
  );
  await pause(LOOK_AGAIN_MS);
  const now = await removedIn(place);
  const { images } = taken(await client.getContainer({ params: { container } }));
  return { asked: asked.status, status: ended.status, removed: now, later: now - then, told: images.removed === now };
}

async function seeEndlessListing(place: Place): Promise<unknown> {
  place.storageObeys((line) => (line.includes('comp=list') ? { status: 500, body: '' } : 'pass'));
  const id = await place.start();
  await pause(5_000);
  const began = Date.now();
  await place.client.cancelRun({ params: { id } });
  const { status } = await place.ended(id, 120_000);
  const seconds = Math.round((Date.now() - began) / 1_000);
  place.storageObeys(() => 'pass');
  const next = await place.run();
  return { status, seconds, next: next.status };
}

/** A cancel while Vision answers every call so. */
function stuck(name: string, behaviour: string): OutsideCase {
  return {
    kind: 'stop',
    name,
    arrange: async (place) => {
      await place.pictures(named(40));
      await place.vision.arm({ behaviour, times: 1_000_000 });
    },
    see: async (place) => {
      const id = await place.start();
      await pause(4_000);
      const began = Date.now();
      await place.client.cancelRun({ params: { id } });
      const { status } = await place.ended(id, 120_000);
      const seconds = Math.round((Date.now() - began) / 1_000);
      await place.vision.disarm();
      await place.client.setQuota({ body: { pausedUntil: null } });
      return { status, seconds, next: (await place.run()).status };
    },
    expected: { status: 'Cancelled', seconds: atMost(10), next: 'Completed' },
  };
}

/** Together they outgrow every body that the sidecar takes. */
const LONG_NAMES = 5_600;

export const STOP_CASES: readonly OutsideCase[] = [
  { ...impossible('the control character U+0001', '\u0001'), isTested: true },
  impossible('the control character U+007F', 'a\u007fb'),
  impossible('the control character U+001F', 'a\u001fb'),
  impossible('half a surrogate pair', 'a\ud83c'),
  stuck('a cancel while Vision is down', 'status-503'),
  stuck('a cancel while Vision answers 500 to everything', 'status-500'),
  stuck('a cancel while Vision asks to wait for 5 minutes', '429-300'),
  {
    ...stuck('a cancel while Vision never answers', 'hang'),
    // What is under way may be billed: it is waited for, as long as a call may take.
    expected: { status: 'Cancelled', seconds: atMost(40), next: 'Completed' },
  },
  {
    kind: 'stop',
    name: 'a cancel while the listing always gets 500',
    arrange: (place) => place.pictures(['photo.jpg']),
    see: seeEndlessListing,
    expected: { status: 'Cancelled', seconds: atMost(20), next: 'Completed' },
  },
  {
    kind: 'stop',
    name: 'a repair of 2000 removals, and a cancel in the middle',
    isSlow: true,
    arrange: (place) => place.pictures([...named(2_000), 'stays.jpg']),
    see: (place) => seeRepair(place, named(2_000)),
    expected: { asked: 202, status: 'Cancelled', removed: between(1, 1_999), later: 0, told: true },
  },
  stopped(1_000, 'pauseRun', 'Paused'),
  stopped(3_000, 'cancelRun', 'Cancelled'),
  {
    kind: 'stop',
    name: `${LONG_NAMES} removals of images with long names`,
    isSlow: true,
    arrange: (place) => place.pictures([...named(LONG_NAMES, 'n'.repeat(900)), 'stays.jpg']),
    see: async (place) => {
      await place.run({ withinMs: 600_000 });
      await place.remove(named(LONG_NAMES, 'n'.repeat(900)));
      const { status, removed, reason } = await place.run({ confirmShrink: true, withinMs: 600_000 });
      return { status, removed, reason };
    },
    expected: { status: 'Completed', removed: LONG_NAMES },
  },
];
