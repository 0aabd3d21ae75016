import { AppError } from '../../../src/domain/errors';
import { instanceIdOf, runIdFor } from '../../../src/domain/run/instance-id';
import type { RunView } from '../../../src/domain/run/run';
import { createMemoryStores } from '../../../src/gateways/by-container/memory-by-container';
import { byInstanceId } from '../../../src/use-cases/by-instance-id';
import type { UseCases } from '../../../src/use-cases/port';
import { InstanceIds } from '../../../src/use-cases/runs/instance-ids';

/** Made at the same moment, which is half a minute before the clock unless it says otherwise. */
const MADE = '0192f0c0000070008000000000000001';
const OTHER = '0192f0c0000070008000000000000002';
const MADE_MS = Number.parseInt(MADE.slice(0, 12), 16);
const ID = 'My-Own id%1';

function createSite(ms = 30_000) {
  const runs = new Map<string, Partial<RunView>>();
  const { instances } = createMemoryStores();
  const getRun = async (id: string) => {
    const run = runs.get(id);
    if (!run) throw new AppError('run-not-found', 'none');
    return { ...run, id } as RunView;
  };
  const ids = new InstanceIds({ instances, getRun, nowMs: () => MADE_MS + ms });
  return { runs, ids, find: (id: string) => ids.run(id, async (runId) => (await getRun(runId)).id) };
}
const going = { status: 'Running' } as const;
const over = { status: 'Completed' } as const;

test('a run is found by the id that its caller chose, and by no other spelling of it', async () => {
  const { runs, ids, find } = createSite();
  const runId = runIdFor(MADE, ID);
  await ids.claim(runId, 'photos');
  runs.set(runId, going);
  expect(await find(ID)).toBe(runId);
  for (const other of ['my-own id%1', 'My-Own id%251', `${ID} `, runId, MADE, '@x', ''])
    await expect(find(other)).rejects.toMatchObject({ code: 'run-not-found' });
});

test('a run that nobody chose an id for is found by its own, without another question', async () => {
  const { runs, find } = createSite();
  runs.set(MADE, over);
  expect(await find(MADE)).toBe(MADE);
});

test.each([ID, OTHER])('the id %j is taken while its run goes on, and free when it has ended', async (id) => {
  const { runs, ids, find } = createSite();
  const first = id === OTHER ? OTHER : runIdFor(MADE, id);
  if (id !== OTHER) await ids.claim(first, 'photos');
  runs.set(first, going);
  await expect(ids.ended(id)).rejects.toMatchObject({ code: 'run-active', context: { existingRun: first } });
  runs.set(first, over);
  expect((await ids.ended(id))?.id).toBe(first);
  runs.delete(first);
  await ids.release(first);
  const next = runIdFor(OTHER, id);
  await ids.claim(next, 'other');
  runs.set(next, going);
  expect(await find(id)).toBe(next);
  await ids.release(first); // said again, by another process
  expect(await find(id)).toBe(next);
});

test('of two who claim an id at once one gets it', async () => {
  const { ids } = createSite(0);
  const claims = [MADE, OTHER].map((made) => ids.claim(runIdFor(made, ID), 'photos'));
  const outcomes = await Promise.allSettled(claims);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test.each([
  [29_999, 'run-active'],
  [30_000, undefined],
])('%d ms after a starter died with it, an id is %s', async (ms, code) => {
  const { ids } = createSite(ms);
  await ids.claim(runIdFor(MADE, ID), 'photos');
  const next = async () => {
    await ids.ended(ID);
    await ids.claim(runIdFor(OTHER, ID), 'photos');
  };
  if (code) await expect(next()).rejects.toMatchObject({ code });
  else await next();
});

test('whatever is asked, no answer shows the id inside', async () => {
  const inside = runIdFor(MADE, ID);
  const run = { id: inside, retryOf: inside, retriedBy: inside };
  const image = { runId: inside, attempts: [{ runId: inside }] };
  const container = { activeRun: inside, lastRun: inside };
  const page = (value: object) => ({ value: [value], continuation: 'x' });
  const asked: unknown[] = [];
  const hearing = (answer: unknown) => async (said: unknown) => {
    asked.push(typeof said === 'object' ? (said as { id: string }).id : said);
    return answer;
  };
  const inner = {
    ...{ getRun: hearing(run), controlRun: hearing(run), approveRun: hearing(run), retryRun: hearing(run) },
    ...{
      restartRun: hearing(run),
      getCourse: hearing({ run, phases: {} }),
      getReceipt: hearing({ receipt: { run: inside } }),
    },
    ...{ getAudit: hearing([]), forecastRetry: hearing({}), purgeRun: hearing(true), listRunImages: hearing(page({})) },
    ...{ readRunReport: hearing([]), listRunSteps: hearing(page({})) },
    startRun: async () => run,
    listRuns: async () => page(run),
    listImages: async () => page(image),
    getImage: async () => image,
    getContainer: async () => container,
    listContainers: async () => page(container),
    getWatch: async () => ({ lastLook: { run: inside }, lastStart: { run: inside } }),
    setWatch: async () => ({ container: 'photos' }),
    getQuota: async () => ({ weights: { [inside]: 2 } }),
    setQuota: async (change: object) => change,
  } as unknown as Omit<UseCases, 'health'>;
  const ids = {
    run: async <T>(_: string, work: (id: string) => Promise<T>) => work(inside),
    inside: async () => inside,
  };
  const shown = byInstanceId(inner, ids) as unknown as Record<string, (said: unknown) => Promise<unknown>>;
  const ofRun = Object.keys(inner).filter(
    (name) => /Run|Audit|Course|Receipt|forecast/.test(name) && !/^start|^listRuns/.test(name),
  );
  for (const name of Object.keys(inner)) {
    const command = /^(control|approve|retry|restart|forecast)/.test(name);
    const answer = await shown[name]?.(command ? { id: ID } : ID);
    expect([name, JSON.stringify(answer).includes(inside)]).toEqual([name, false]);
  }
  expect(asked).toEqual(ofRun.map(() => inside));
  expect(instanceIdOf(inside)).toBe(ID);
});

test('a weight holds for the run that has the id, and one for nobody is refused', async () => {
  const { ids } = createSite();
  const runId = runIdFor(MADE, ID);
  await ids.claim(runId, 'photos');
  const told: object[] = [];
  const inner = {
    setQuota: async (change: object) => {
      told.push(change);
      return change;
    },
  } as unknown as Omit<UseCases, 'health'>;
  const { setQuota } = byInstanceId(inner, ids);
  expect(await setQuota({ ratePerSecond: 5, weights: { [ID]: 3, [OTHER]: 2 } })).toEqual({
    ratePerSecond: 5,
    weights: { [ID]: 3, [OTHER]: 2 },
  });
  expect(told).toEqual([{ ratePerSecond: 5, weights: { [runId]: 3, [OTHER]: 2 } }]);
  await expect(setQuota({ weights: { nobody: 3 } })).rejects.toMatchObject({ code: 'invalid-request' });
});
