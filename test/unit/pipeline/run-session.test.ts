import { ALIVE_MS, FRESH_MS, REPORT_INTERVAL_MS } from '../../../src/domain/run/chunk-lease';
import { NO_PROGRESS } from '../../../src/domain/run/chunk-progress';
import { AppError } from '../../../src/domain/errors';
import type { Permit } from '../../../src/pipeline/run-session';
import { type ChunkHold, RunSessions } from '../../../src/pipeline/run-session';
import { createMemoryActors } from '../actors/memory-actors';
import { VirtualClock } from './virtual-clock';

const RUN_ID = 'a'.repeat(32);
const ref = (chunk = 0) => ({ runId: RUN_ID, page: 0, chunk });

async function createSite(maxTransactions?: number) {
  const clock = new VirtualClock();
  const actors = createMemoryActors(() => clock.nowMs());
  const actor = actors.run(RUN_ID);
  const scope = { container: 'photos', prefix: '', features: [], confirmShrink: false, approval: 'auto' as const };
  const cap = maxTransactions === undefined ? {} : { maxTransactions };
  await actor.begin({ ...scope, ...cap, id: RUN_ID, startedAt: '2026-01-01T00:00:00.000Z' });
  await actor.setPhase({ phase: 'analyze' });
  let ids = 0;
  /** One process: its calls can be cut off, and are counted. */
  const createProcess = () => {
    const net = {
      isUp: true,
      isHeard: true,
      reports: 0,
      made: [] as (number | undefined)[],
      limit: undefined as string | undefined,
    };
    const run = () => ({
      ...(Object.fromEntries(
        (['openChunk', 'closeChunk', 'report'] as const).map((method) => [
          method,
          async (input: never) => {
            if (method === 'report') net.reports += 1;
            if (!net.isUp) throw new AppError('sidecar-unavailable', 'no answer', { retryable: true });
            if (method === 'report') net.made.push((input as { readonly made?: number }).made);
            const answer = await actor[method](input);
            if (!net.isHeard) throw new AppError('sidecar-unavailable', 'its answer was lost', { retryable: true });
            return method === 'report' && net.limit ? { ...answer, calls: 0, limit: net.limit } : answer;
          },
        ]),
      ) as unknown as typeof actor),
    });
    const sessions = new RunSessions({ run, clock, newId: () => `attempt-${++ids}` });
    const hold = async (chunk = 0): Promise<ChunkHold> => {
      const opened = await clock.until(sessions.open(ref(chunk), () => NO_PROGRESS));
      if (opened.state !== 'granted') throw new Error(`it was ${opened.state}`);
      return opened.chunk;
    };
    return { net, sessions, hold };
  };
  return { clock, actor, createProcess };
}

function watch(permit: Promise<Permit>): { answer?: Permit } {
  const seen: { answer?: Permit } = {};
  void permit.then((answer) => {
    seen.answer = answer;
  });
  return seen;
}

describe('permits', () => {
  test('end with the process: those who wait are told, and no chunk is opened any more', async () => {
    const { clock, createProcess } = await createSite();
    const { sessions, hold, net } = createProcess();
    const chunk = await hold();
    net.isUp = false;
    await clock.advance(FRESH_MS + 1);
    const waiting = watch(chunk.permit());
    expect(waiting.answer).toBeUndefined();
    sessions.drain();
    await clock.advance(REPORT_INTERVAL_MS * 2);
    expect(waiting.answer).toBe('lost');
    expect(await clock.until(chunk.callPermit(1))).toBe('lost');
    const refused = sessions.open(ref(1), () => NO_PROGRESS);
    await expect(clock.until(refused)).rejects.toMatchObject({ code: 'not-ready', retryable: true });
  });

  test('are given while reports go through', async () => {
    const { clock, createProcess } = await createSite();
    const hold = await createProcess().hold();
    for (let i = 0; i < 20; i++) {
      expect(await clock.until(hold.permit())).toBe('go');
      await clock.advance(300);
    }
  });

  test('end when the actor is silent, and come back with it', async () => {
    const { clock, createProcess } = await createSite();
    const process = createProcess();
    const hold = await process.hold();
    process.net.isUp = false;
    await clock.advance(FRESH_MS - 1);
    expect(await hold.permit()).toBe('go');
    await clock.advance(1);
    const seen = watch(hold.permit());
    await clock.advance(ALIVE_MS / 2);
    expect(seen.answer).toBeUndefined();
    process.net.isUp = true;
    await clock.advance(REPORT_INTERVAL_MS);
    expect(seen.answer).toBe('go');
  });

  test.each(['pause', 'cancel', 'fail'] as const)('a %s reaches every chunk within one lease', async (verb) => {
    const { clock, actor, createProcess } = await createSite();
    const process = createProcess();
    const holds = [await process.hold(0), await process.hold(1)];
    await actor.command({ verb });
    await clock.advance(FRESH_MS);
    for (const hold of holds) expect(await clock.until(hold.permit())).toBe(verb);
  });

  test('a lost lease is told, whoever waits for it', async () => {
    const { clock, createProcess } = await createSite();
    const [one, two] = [createProcess(), createProcess()];
    const hold = await one.hold();
    one.net.isUp = false;
    await clock.advance(FRESH_MS + 1);
    const seen = watch(hold.permit());
    await two.hold(); // waits until the first is dead
    one.net.isUp = true;
    await clock.advance(REPORT_INTERVAL_MS);
    expect(seen.answer).toBe('lost');
    expect(await hold.permit()).toBe('lost');
  });

  test('a chunk that was abandoned gives none', async () => {
    const { createProcess } = await createSite();
    const hold = await createProcess().hold();
    hold.abandon();
    expect(await hold.permit()).toBe('lost');
  });
});

describe('calls under a cap', () => {
  /** Takes as many calls as are granted, some of one price and some of another; answers what they cost in all. */
  async function spend(maxTransactions: number, wanted: readonly number[]) {
    const { clock, createProcess } = await createSite(maxTransactions);
    const hold = await createProcess().hold();
    const taken = wanted.map((each) => ({ each, permit: watch(hold.callPermit(each)) }));
    await clock.advance(30_000);
    return taken.filter(({ permit }) => permit.answer === 'go').reduce((sum, { each }) => sum + each, 0);
  }

  test('a cap that is just enough is enough, whatever each call costs', async () => {
    const wanted = [4, 1, 1, 4, 2, 1];
    expect(await spend(13, wanted)).toBe(13);
  });

  test('what goes beyond it is not granted', async () => {
    expect(await spend(12, [4, 4, 4, 1])).toBe(12);
    expect(await spend(3, Array(10).fill(1))).toBe(3);
  });

  test('what was granted and not called goes back at its own price', async () => {
    const { clock, createProcess } = await createSite(4);
    const hold = await createProcess().hold();
    expect(await clock.until(hold.callPermit(4))).toBe('go');
    hold.callUnused(4);
    const seen = [1, 1, 1, 1].map((each) => watch(hold.callPermit(each)));
    await clock.advance(30_000);
    expect(seen.map(({ answer }) => answer)).toEqual(['go', 'go', 'go', 'go']);
  });
});

describe('a report that gives calls back and is not answered', () => {
  const lost = [
    ['it does not arrive', { isUp: false }],
    ['its answer is lost', { isHeard: false }],
  ] as const;

  /** Two calls may start, one goes back, and nobody hears of it until its grant is stale. */
  async function unheard(trouble: object) {
    const { clock, createProcess } = await createSite(8);
    const { net, hold } = createProcess();
    const chunk = await hold();
    for (let call = 0; call < 2; call++) expect(await clock.until(chunk.callPermit(4))).toBe('go');
    chunk.callUnused(4);
    Object.assign(net, trouble);
    await clock.advance(4 * REPORT_INTERVAL_MS);
    return { clock, createProcess, net, chunk };
  }

  test.each(lost)('is told again, and counts once, where %s', async (_, trouble) => {
    const { clock, net, chunk } = await unheard(trouble);
    Object.assign(net, { isUp: true, isHeard: true });
    await clock.advance(2 * REPORT_INTERVAL_MS);
    const seen = Array.from({ length: 9 }, () => watch(chunk.callPermit(1)));
    await clock.advance(30_000);
    expect(seen.filter(({ answer }) => answer === 'go')).toHaveLength(4);
  });

  test.each(lost)('is told again after the last chunk, where %s', async (_, trouble) => {
    const { clock, createProcess, net, chunk } = await unheard(trouble);
    chunk.abandon();
    await clock.advance(REPORT_INTERVAL_MS);
    Object.assign(net, { isUp: true, isHeard: true });
    await clock.advance(2 * REPORT_INTERVAL_MS);
    const other = await createProcess().hold(1);
    const seen = Array.from({ length: 9 }, () => watch(other.callPermit(1)));
    await clock.advance(30_000);
    expect(seen.filter(({ answer }) => answer === 'go')).toHaveLength(4);
  });
});

describe('sessions', () => {
  test('all chunks of a process report in one call', async () => {
    const { clock, createProcess } = await createSite();
    const process = createProcess();
    for (let chunk = 0; chunk < 4; chunk++) await process.hold(chunk);
    const { reports } = process.net;
    await clock.advance(10 * REPORT_INTERVAL_MS);
    expect(process.net.reports - reports).toBe(10);
  });

  test('what held calls back is told no longer than it does, though nobody waits for those calls any more', async () => {
    const { clock, actor, createProcess } = await createSite();
    const { net, hold } = createProcess();
    const [stays, leaves] = [await hold(0), await hold(1)];
    expect(await clock.until(stays.callPermit(4))).toBe('go');
    net.limit = 'Vision asked to wait.';
    await clock.advance(2 * REPORT_INTERVAL_MS);
    const left = watch(leaves.callPermit(1));
    await clock.advance(2 * REPORT_INTERVAL_MS);
    expect((await actor.view()).run?.waiting).toBe(net.limit);
    leaves.abandon();
    await clock.advance(2 * REPORT_INTERVAL_MS);
    net.limit = undefined;
    await clock.advance(2 * ALIVE_MS); // the lease of the other chunk is over
    expect([left.answer, (await actor.view()).run?.waiting]).toEqual(['lost', undefined]);
  });

  test('a second execution waits for the first, then finds the chunk done', async () => {
    const { clock, createProcess } = await createSite();
    const hold = await createProcess().hold();
    const second = createProcess().sessions.open(ref(), () => NO_PROGRESS);
    await clock.advance(3 * ALIVE_MS);
    await hold.close(NO_PROGRESS, true);
    expect(await clock.until(second)).toEqual({ state: 'done' });
  });

  test('a dead one is replaced', async () => {
    const { clock, createProcess } = await createSite();
    const dead = createProcess();
    await dead.hold();
    dead.net.isUp = false;
    const from = clock.monotonicMs();
    await createProcess().hold();
    expect(clock.monotonicMs() - from).toBeGreaterThanOrEqual(ALIVE_MS);
    expect(clock.monotonicMs() - from).toBeLessThan(ALIVE_MS + 2 * REPORT_INTERVAL_MS);
  });

  test('end when nothing is held, and begin again', async () => {
    const { clock, createProcess } = await createSite();
    const process = createProcess();
    await (await process.hold(0)).close(NO_PROGRESS, true);
    await clock.advance(2 * REPORT_INTERVAL_MS);
    const { reports } = process.net;
    await clock.advance(10 * REPORT_INTERVAL_MS);
    expect(process.net.reports).toBe(reports);
    const hold = await process.hold(1);
    await clock.advance(2 * FRESH_MS);
    expect(await clock.until(hold.permit())).toBe('go');
  });

  test('a run that is told to stop opens nothing', async () => {
    const { clock, actor, createProcess } = await createSite();
    await actor.command({ verb: 'cancel' });
    const opened = await clock.until(createProcess().sessions.open(ref(), () => NO_PROGRESS));
    expect(opened).toEqual({ state: 'stop', control: 'cancel' });
  });
});

describe('calls that nobody granted', () => {
  test('are told with each report, and the last of them after the last chunk, until somebody hears it', async () => {
    const { clock, createProcess } = await createSite();
    const { net, hold } = createProcess();
    const chunk = await hold();
    expect(await clock.until(chunk.callPermit(4))).toBe('go');
    expect(await clock.until(chunk.callPermit(1))).toBe('go');
    await clock.advance(REPORT_INTERVAL_MS);
    expect(net.made.at(-1)).toBe(5);
    expect(await clock.until(chunk.callPermit(4))).toBe('go');
    await chunk.close(NO_PROGRESS, true);
    net.isUp = false;
    await clock.advance(2 * REPORT_INTERVAL_MS);
    net.isUp = true;
    await clock.advance(2 * REPORT_INTERVAL_MS);
    expect(net.made.at(-1)).toBe(9);
    const { reports } = net;
    await clock.advance(5 * REPORT_INTERVAL_MS);
    expect(net.reports).toBe(reports);
  });
});
