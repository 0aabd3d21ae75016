import { type AskOf, ENDPOINTS, type Endpoints, pathOf } from 'contactsheet/contract';
import type { OutsideCase } from './outside-case';
import type { Place, Run } from './place';

type Input = AskOf<Endpoints['startInstance']>['body'];

const functionName = 'O_ProccessImage';
const PICTURES = ['a.jpg', 'b.jpg', 'c.jpg'];
const ALWAYS = 1_000_000;
/** A random one that sorts after every id that this product makes. */
const GUID = 'f47ac10b58cc4372a5670e02b2c3d479';

const arrange = (place: Place) => place.pictures(PICTURES);

/** Status of the answer: 202 where it was started. */
async function startAs(place: Place, instanceId: string, input: Input = place.container): Promise<number> {
  return (await place.client.startInstance({ params: { functionName, instanceId }, body: input })).status;
}

async function runAs(place: Place, id: string): Promise<Run> {
  await startAs(place, id);
  return place.ended(id);
}

/** Images and lines of the report that a run tells. */
async function told(place: Place, id: string): Promise<number[]> {
  let images = 0;
  for await (const { value } of place.client.pages('listRunImages', { params: { id } })) images += value.length;
  const report = await fetch(`${place.endpoints.api}${pathOf(ENDPOINTS.getRunReport, { id })}`);
  return [images, (await report.text()).split('\n').filter(Boolean).length];
}

/** Runs of this container as Durable Functions lists them. */
async function listed(place: Place, prefix: string): Promise<string[]> {
  const { status, body } = await place.client.listInstances({ query: { instanceIdPrefix: prefix } });
  return status === 200 ? body.map(({ instanceId }) => instanceId) : [];
}

/** Any id, in every place where an id stands. */
function anyId(name: string, id: string): OutsideCase {
  return {
    kind: 'ids',
    name,
    arrange,
    see: async (place) => {
      const started = await startAs(place, id);
      const run = await place.ended(id);
      const params = { instanceId: id };
      const status = await place.client.getInstance({ params });
      return {
        started,
        run: run.id,
        durable: status.status === 200 ? status.body.instanceId : status.status,
        listed: await listed(place, id),
        told: await told(place, id),
        linked: (await fetch(run.links.self)).status,
        purged: (await place.client.purgeInstance({ params })).status,
        again: await startAs(place, id),
        ended: (await place.ended(id)).status,
      };
    },
    expected: {
      ...{ started: 202, run: id, durable: id, listed: [id], told: [3, 3], linked: 200, purged: 200, again: 202 },
      ended: 'Completed',
    },
  };
}

async function seeOrder(place: Place): Promise<unknown> {
  const first = await runAs(place, `${GUID.slice(0, 24)}${place.container.slice(-6).padStart(8, '0')}`);
  const second = await place.run();
  return {
    first: await told(place, first.id),
    second: await told(place, second.id),
    unchanged: second.counts.unchanged,
  };
}

async function seeSingleton(place: Place): Promise<unknown> {
  const id = `nightly ${place.container}`;
  const waiting: Input = { container: place.container, approval: 'always' };
  const first = await startAs(place, id, waiting);
  const while_ = await startAs(place, id);
  const otherCase = (await place.client.getInstance({ params: { instanceId: id.toUpperCase() } })).status;
  await place.client.terminateInstance({ params: { instanceId: id } });
  await place.ended(id);
  const after = await runAs(place, id);
  return {
    first,
    while: while_,
    otherCase,
    after: after.status,
    succeeded: after.counts.succeeded,
    listed: await listed(place, id),
  };
}

/** `restartWithNewInstanceId=false`, of a run with an id of its own and of one with a chosen id. */
async function seeRestart(place: Place): Promise<unknown> {
  const chosen = await runAs(place, `again ${place.container}`);
  const made = await place.run();
  const seen: unknown[] = [];
  for (const { id } of [chosen, made]) {
    const ask = { params: { instanceId: id }, query: { restartWithNewInstanceId: 'false' } } as const;
    const restarted = await place.client.restartInstance(ask);
    const sameId = 'id' in restarted.body && restarted.body.id === id;
    const { status, counts, startedAt } = await place.ended(id);
    const isLater = startedAt > made.startedAt;
    seen.push({ restarted: restarted.status, sameId, status, unchanged: counts.unchanged, isLater });
  }
  const waiting = `waits ${place.container}`;
  await startAs(place, waiting, { container: place.container, approval: 'always' });
  const params = { instanceId: waiting };
  const tooEarly = await place.client.restartInstance({ params, query: { restartWithNewInstanceId: 'false' } });
  await place.client.terminateInstance({ params });
  await place.ended(waiting);
  return { seen, tooEarly: tooEarly.status };
}

/** Vision refuses the key: nothing failed, nothing was done, and all of it is left. */
async function seeRewind(place: Place): Promise<unknown> {
  await place.vision.arm({ behaviour: 'status-401', times: ALWAYS });
  const failed = await place.run();
  const params = { instanceId: failed.id };
  const before = (await place.client.rewindInstance({ params })).status;
  const { retriedBy = '' } = await place.look(failed.id);
  const again = await place.ended(retriedBy);
  await place.vision.disarm();
  const retried = await place.client.retryRun({ params: { id: again.id }, body: {} });
  const last = retried.status === 202 ? await place.ended(retried.body.id) : undefined;
  return {
    ...{ failed: failed.status, before, again: again.status, retried: retried.status },
    ...{ last: last?.status, succeeded: last?.counts.succeeded },
    nothingLeft: (await place.client.rewindInstance({ params: { instanceId: again.id } })).status,
  };
}

/** `json.dumps` of the input, which aiohttp encodes once more. */
async function seePython(place: Place): Promise<unknown> {
  const body = JSON.stringify({ container: place.container, approval: 'always' });
  const started = await place.client.startNewInstance({ params: { functionName }, body });
  const id = started.status === 202 ? started.body.id : '';
  const { quote } = await place.until(
    () => place.look(id),
    ({ status }) => status === 'AwaitingApproval',
  );
  const raised = await place.client.raiseEvent({
    params: { instanceId: id, eventName: 'approval' },
    body: JSON.stringify({ approved: true, planHash: quote?.planHash }),
  });
  return { started: started.status, raised: raised.status, ended: (await place.ended(id)).status };
}

export const ID_CASES: readonly OutsideCase[] = [
  {
    kind: 'ids',
    name: 'a run under a random GUID, and the next one',
    isTested: true,
    arrange,
    see: seeOrder,
    expected: { first: [3, 3], second: [3, 3], unchanged: 3 },
  },
  anyId('an id of words', 'my-own-id-1'),
  anyId('a GUID with dashes in upper case', '3F2504E0-4F89-41D3-9A0C-0305E82C3301'),
  anyId('an id with a percent sign and spaces', 'half of 100%25 (é)'),
  anyId('an id of a hundred characters', 'é'.repeat(100)),
  anyId('an id that reads like a command', 'bulk:retry'),
  anyId('an id with what a URL has to escape', "a+b ~!$&'(),;=%2F<>|"),
  anyId('an id that is a name of every object', '__proto__'),
  anyId('an id of 100 ideographs, 300 bytes in UTF-8', '漢'.repeat(100)),
  {
    kind: 'ids',
    name: 'a singleton by its id',
    isTested: true,
    arrange,
    see: seeSingleton,
    expected: { first: 202, while: 409, otherCase: 404, after: 'Completed', succeeded: 3, listed: [/^nightly /] },
  },
  ...['@me', 'a#b', 'x'.repeat(101), '漢'.repeat(101)].map(
    (id): OutsideCase => ({
      kind: 'ids',
      name: `an id that Durable Functions refuses, ${id.slice(0, 5)}`,
      arrange,
      see: (place) => startAs(place, id),
      expected: 400,
    }),
  ),
  {
    kind: 'ids',
    name: 'restart under the same id',
    arrange,
    see: seeRestart,
    expected: {
      seen: Array(2).fill({ restarted: 202, sameId: true, status: 'Completed', unchanged: 3, isLater: true }),
      tooEarly: 409,
    },
  },
  {
    kind: 'ids',
    name: 'rewind and retry of a run that ended Failed',
    arrange,
    see: seeRewind,
    expected: {
      ...{ failed: 'Failed', before: 202, again: 'Failed', retried: 202 },
      ...{ last: 'Completed', succeeded: 3, nothingLeft: 410 },
    },
  },
  {
    kind: 'ids',
    name: 'JSON in a JSON string, as from Python',
    arrange,
    see: seePython,
    expected: { started: 202, raised: 202, ended: 'Completed' },
  },
];
