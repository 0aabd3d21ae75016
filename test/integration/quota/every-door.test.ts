/**
 * No way in spends what the configured rule does not allow. APPROVAL=always, and every door is tried in turn: each run that
 * it begins waits for consent, whatever its request says, and Vision hears of no call. Consent without the plan is none; a
 * cap that came with the consent holds.
 */
import { ENDPOINTS, isFinal, pathOf } from '../../../src/contract';
import { APP_ID } from '../../../src/names';
import { inStatus, runOf, seeded } from '../control/control';
import { eventually, startTestStack, type TestStack } from '../framework';
import { ask, ended, visionOf } from '../main-job/client';

const IMAGES = 12;
const PHOTOS = 'doors';

let stack: TestStack;
/** A finished run in which every image failed: what follows on a run can follow on it. */
let first: string;

beforeAll(async () => {
  stack = await startTestStack({ appEnv: { APPROVAL: 'always' } });
  await seeded(stack, PHOTOS, IMAGES);
  first = idOf(await post(pathOf(ENDPOINTS.startRun, { container: PHOTOS })));
  const { quote } = await inStatus(stack, first, /AwaitingApproval/);
  await visionOf(stack).arm({ behaviour: 'status-500', times: 5 * IMAGES });
  const consent = { planHash: quote?.planHash, maxTransactions: 400 };
  expect((await post(pathOf(ENDPOINTS.approveRun, { id: first }), consent)).status).toBe(202);
  await ended(stack, first);
  await visionOf(stack).disarm();
  await seeded(stack, PHOTOS, 2 * IMAGES); // there is more to do for whoever comes next
}, 180_000);

afterAll(() => stack?.stop(), 60_000);

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(path: string, body?: unknown, through: 'api' | 'sidecar' = 'api'): Promise<Reply> {
  const said = {
    method: 'POST',
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  };
  if (through === 'api') return ask(`${stack.endpoints.api}${path}`, said);
  const answer = await stack.sidecar(`/v1.0/invoke/${APP_ID}/method${path}`, said);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

function idOf({ status, body }: Reply): string {
  expect([status, body]).toEqual([202, expect.objectContaining({ id: expect.any(String) })]);
  return String(body.id);
}

const calls = async () => (await visionOf(stack).stats()).calls;

const START = pathOf(ENDPOINTS.startRun, { container: PHOTOS });
const ORCHESTRATOR = pathOf(ENDPOINTS.startNewInstance, { functionName: 'O_ProccessImage' });
const STARTER = `${pathOf(ENDPOINTS.startByTutorialPost)}?container=${PHOTOS}`;

const newest = async () => {
  const answer = await stack.client.listRuns({ query: { container: PHOTOS } });
  return answer.status === 200 ? answer.body.value[0] : undefined;
};

const DOORS: readonly (readonly [string, () => Promise<string>])[] = [
  ['a start that says auto', async () => idOf(await post(START, { approval: 'auto' }))],
  ['a start with a high floor', async () => idOf(await post(START, { approval: { above: 1_000_000 } }))],
  ['a start with a cap', async () => idOf(await post(START, { approval: 'auto', maxTransactions: 1_000 }))],
  ['a start of the failed ones', async () => idOf(await post(START, { approval: 'auto', retry: {} }))],
  ['a start through the sidecar', async () => idOf(await post(START, { approval: 'auto' }, 'sidecar'))],
  ['a retry', async () => idOf(await post(pathOf(ENDPOINTS.retryRun, { id: first })))],
  [
    'a retry with another cap',
    async () => idOf(await post(pathOf(ENDPOINTS.retryRun, { id: first }), { maxTransactions: 9_999 })),
  ],
  ['the starter of the tutorial', async () => idOf(await post(STARTER))],
  ['the starter through the sidecar', async () => idOf(await post(STARTER, undefined, 'sidecar'))],
  ['an orchestrator', async () => idOf(await post(ORCHESTRATOR, { container: PHOTOS, approval: 'auto' }))],
  [
    'a restart',
    async () => {
      const again = await post(pathOf(ENDPOINTS.restartInstance, { instanceId: first }));
      return idOf({ ...again, body: { ...again.body, id: again.body.id ?? again.body.Id } });
    },
  ],
  [
    'a rewind',
    async () => {
      expect((await post(pathOf(ENDPOINTS.rewindInstance, { instanceId: first }))).status).toBe(202);
      return eventually(
        async () => {
          const { retriedBy } = await runOf(stack, first);
          return retriedBy !== undefined && !isFinal((await runOf(stack, retriedBy)).status) ? retriedBy : undefined;
        },
        { what: 'the rewind has begun a run' },
      );
    },
  ],
  [
    'a watch that says auto',
    async () => {
      const watch = await stack.client.setWatch({
        params: { container: PHOTOS },
        body: { every: 3_600, approval: 'auto' },
      });
      expect(watch.status).toBeLessThan(300);
      return eventually(
        async () => {
          const run = await newest();
          return run && !isFinal(run.status) ? run.id : undefined;
        },
        { what: 'the watch has begun a run' },
      );
    },
  ],
];

/** The container is free for the next. */
afterEach(async () => {
  await stack.client.removeWatch({ params: { container: PHOTOS } });
  const run = await newest();
  if (!run || isFinal(run.status)) return;
  await post(pathOf(ENDPOINTS.cancelRun, { id: run.id }));
  await eventually(async () => isFinal((await runOf(stack, run.id)).status), { what: 'the run is over' });
});

test.each(DOORS)(
  '%s waits for consent',
  async (_, open) => {
    const before = await calls();
    const id = await open();
    await inStatus(stack, id, /AwaitingApproval/);

    const event = pathOf(ENDPOINTS.raiseEvent, { instanceId: id, eventName: 'approval' });
    for (const noConsent of [{ approved: true }, { approved: true, planHash: 'x'.repeat(16), maxTransactions: '8' }]) {
      expect((await post(event, noConsent)).status).toBeGreaterThanOrEqual(400);
    }
    await post(pathOf(ENDPOINTS.resumeRun, { id }), { maxTransactions: 10_000 }); // a cap is no consent
    await new Promise((resolve) => setTimeout(resolve, 300)); // what was let in wrongly would call now
    expect((await runOf(stack, id)).status).toBe('AwaitingApproval');

    expect(await calls()).toBe(before);
  },
  60_000,
);

test('a sample is refused, however often it is asked for', async () => {
  const before = await calls();
  for (const sample of [1, 5, 32]) {
    const answer = await stack.client.quote({ params: { container: PHOTOS }, query: { sample } });
    expect([answer.status, (answer.body as { code?: string }).code]).toEqual([409, 'approval-needed']);
  }
  expect(await calls()).toBe(before);
});

test('a cap in the consent holds to the transaction', async () => {
  const before = await visionOf(stack).stats();
  const id = idOf(await post(START, { approval: 'auto' }));
  const { quote } = await inStatus(stack, id, /AwaitingApproval/);
  const each = (quote?.transactions ?? 0) / (quote?.calls ?? 1);
  const consent = { approved: true, planHash: quote?.planHash, maxTransactions: 3 * each };
  const event = pathOf(ENDPOINTS.raiseEvent, { instanceId: id, eventName: 'approval' });
  expect((await post(event, consent)).status).toBe(202);
  await inStatus(stack, id, /StoppedAtBudget/);
  const after = await visionOf(stack).stats();
  expect(Number(after.calls) - Number(before.calls)).toBe(3);
  expect(Number(after.transactions) - Number(before.transactions)).toBe(3 * each);
}, 60_000);
