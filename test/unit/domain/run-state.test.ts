import fc from 'fast-check';
import { type ChunkProgress, NO_PROGRESS } from '../../../src/domain/run/chunk-progress';
import type { ChunkSet } from '../../../src/domain/run/chunk-set';
import { NO_LISTING, type Quote, quoteOf } from '../../../src/domain/money/quote';
import { isFinal, RUN_PHASES, type RunPhase, type RunRequest, type RunStatus } from '../../../src/domain/run/run';
import { type Ending, controlOf, needsWake, phaseOf, reasonOf, statusOf } from '../../../src/domain/run/facts';
import {
  type ApproveResult,
  approve,
  type Command,
  closeChunk,
  command,
  endRun,
  enterPhase,
  listPage,
  newRun,
  paused,
  type RunState,
  seekApproval,
  setQuote,
} from '../../../src/domain/run/run-state';
import { viewOf } from '../../../src/domain/run/run-view';

const RUN_ID = '0190'.padEnd(32, '0');
const REQUEST: RunRequest = {
  id: RUN_ID,
  container: 'photos',
  prefix: '',
  features: ['Tags'],
  confirmShrink: false,
  startedAt: '2026-01-01T00:00:00.000Z',
};
const LATER = '2026-01-01T00:01:00.000Z';
const QUOTE = quoteOf({ ...NO_LISTING, total: 3, new: 3 }, 2, { unit: 0.001, currency: 'USD' });

const progress = (change: Partial<ChunkProgress>): ChunkProgress => ({ ...NO_PROGRESS, ...change });
const ref = (chunk: number, page = 0) => ({ runId: RUN_ID, page, chunk });
const inPhase = (phase: RunPhase) => enterPhase(newRun(REQUEST), phase, LATER);
const tell = (state: RunState, ...verbs: Command[]): RunState =>
  verbs.reduce((now, verb) => {
    const result = command(now, verb, undefined, LATER);
    if (!result.accepted) throw new Error(`${verb} was refused in ${result.status}`);
    return result.state;
  }, state);

/** One of each status a run can be in, made by the ways a run gets there. */
const IN_STATUS: readonly (readonly [RunStatus, RunState])[] = [
  ['Queued', newRun(REQUEST)],
  ['Counting', inPhase('snapshot')],
  ['AwaitingApproval', inPhase('approve')],
  ['Running', inPhase('analyze')],
  ['Pausing', tell(inPhase('analyze'), 'pause')],
  ['Paused', paused(tell(inPhase('analyze'), 'pause'), LATER)],
  ['Cancelling', tell(inPhase('analyze'), 'cancel')],
  ['Cancelled', endRun(tell(inPhase('analyze'), 'cancel'), undefined, LATER)],
  ['Completed', endRun(inPhase('finish'), undefined, LATER)],
  ['CompletedWithErrors', endRun({ ...inPhase('finish'), done: progress({ failed: 1 }) }, undefined, LATER)],
  ['Failed', endRun(inPhase('analyze'), 'internal: it broke', LATER)],
];

describe('commands', () => {
  test('the ways into each status are right', () => {
    for (const [status, state] of IN_STATUS) expect([status, statusOf(state)]).toEqual([status, status]);
  });

  /** Status after the command; `-` where it is refused. */
  test.each<[RunStatus, Record<Command, RunStatus | '-'>]>([
    ['Queued', { pause: 'Pausing', resume: 'Queued', cancel: 'Cancelling', fail: 'Queued', decline: '-' }],
    ['Counting', { pause: 'Pausing', resume: 'Counting', cancel: 'Cancelling', fail: 'Counting', decline: '-' }],
    [
      'AwaitingApproval',
      { pause: 'Pausing', resume: 'AwaitingApproval', cancel: 'Cancelling', fail: 'AwaitingApproval', decline: '-' },
    ],
    ['Running', { pause: 'Pausing', resume: 'Running', cancel: 'Cancelling', fail: 'Running', decline: '-' }],
    ['Pausing', { pause: 'Pausing', resume: 'Running', cancel: 'Cancelling', fail: 'Pausing', decline: '-' }],
    ['Paused', { pause: 'Paused', resume: 'Running', cancel: 'Cancelling', fail: 'Paused', decline: '-' }],
    ['Cancelling', { pause: '-', resume: '-', cancel: 'Cancelling', fail: 'Cancelling', decline: '-' }],
    ['Cancelled', { pause: '-', resume: '-', cancel: 'Cancelled', fail: '-', decline: '-' }],
    ['Completed', { pause: '-', resume: '-', cancel: '-', fail: '-', decline: '-' }],
    ['CompletedWithErrors', { pause: '-', resume: '-', cancel: '-', fail: '-', decline: '-' }],
    ['Failed', { pause: '-', resume: '-', cancel: '-', fail: '-', decline: '-' }],
  ])('while %s', (status, expected) => {
    const state = IN_STATUS.find(([name]) => name === status)?.[1] as RunState;
    const answers = (['pause', 'resume', 'cancel', 'fail', 'decline'] as const).map((verb) => {
      const result = command(state, verb, undefined, LATER);
      return [verb, result.accepted ? statusOf(result.state) : '-'];
    });
    expect(Object.fromEntries(answers)).toEqual(expected);
  });

  test('said twice a command changes nothing more', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...IN_STATUS.map(([, state]) => state)),
        fc.constantFrom<Command>('pause', 'resume', 'cancel', 'decline', 'fail'),
        (state, verb) => {
          const once = command(state, verb, 'because', LATER);
          if (!once.accepted) return;
          const twice = command(once.state, verb, 'again', '2026-01-01T09:00:00.000Z');
          expect(twice).toEqual({ accepted: true, state: once.state });
        },
      ),
    );
  });

  test('a failure outranks a cancel, and nothing outranks a failure', () => {
    expect(controlOf(tell(inPhase('analyze'), 'cancel', 'fail'))).toBe('fail');
    expect(statusOf(endRun(tell(inPhase('analyze'), 'fail', 'cancel'), undefined, LATER))).toBe('Failed');
  });

  test('the reason of a command is kept to the end', () => {
    const result = command(inPhase('analyze'), 'fail', 'vision-unauthorized: no', LATER);
    if (!result.accepted) throw new Error('refused');
    expect(reasonOf(endRun(result.state, undefined, LATER))).toBe('vision-unauthorized: no');
  });

  test('only a run that is asked to pause becomes paused', () => {
    for (const [status, state] of IN_STATUS) {
      const isAsked = controlOf(state) === 'pause' && !isFinal(statusOf(state));
      expect([status, statusOf(paused(state, LATER))]).toEqual([status, isAsked ? 'Paused' : status]);
    }
  });

  test('a run resumed while it was Pausing does not fall back into Paused', () => {
    expect(statusOf(paused(tell(inPhase('analyze'), 'pause', 'resume'), LATER))).toBe('Running');
  });
});

describe('the reason of a pause', () => {
  test('ends with the pause', () => {
    const held = command(inPhase('analyze'), 'pause', 'lunch', LATER);
    if (!held.accepted) throw new Error('refused');
    expect(reasonOf(held.state)).toBe('lunch');
    expect(reasonOf(tell(held.state, 'resume'))).toBeUndefined();
  });
});

describe('approval', () => {
  const PLAN = 'a'.repeat(64);
  const quoted = (approval: RunRequest['approval'], quote: Partial<Quote> = {}) => {
    const run = newRun({ ...REQUEST, ...(approval === undefined ? {} : { approval }), maxTransactions: 7 });
    return setQuote(run, { ...QUOTE, planHash: PLAN, expiresAt: 'then', ...quote }, true, LATER);
  };
  const asked = () => seekApproval(enterPhase(quoted('always'), 'approve', LATER), 0, 10, LATER).state;
  const consent = (state: RunState, planHash: string, maxTransactions?: number) =>
    approve(state, { planHash, ...(maxTransactions === undefined ? {} : { maxTransactions }) }, LATER);
  const accepted = (result: ApproveResult): RunState => {
    if (!result.accepted) throw new Error('refused');
    return result.state;
  };

  test('is asked for by rule and price, never for a plan that spends nothing', () => {
    const rules = [undefined, 'auto', 'always', { above: 0.0059 }, { above: 0.006 }] as const;
    expect(rules.map((rule) => quoted(rule).approval !== undefined)).toEqual([false, false, true, true, false]);
    expect(quoted('always', { transactions: 0 }).approval).toBeUndefined();
  });

  test('the first question stands when the quote is written again', () => {
    const again = setQuote(quoted('always'), { ...QUOTE, planHash: PLAN, expiresAt: 'later' }, true, 'later');
    expect(again.approval).toEqual({ askedAt: LATER, expiresAt: 'then' });
  });

  test('is given to the plan by its hash, once, with a cap', () => {
    const waiting = asked();
    expect([statusOf(waiting), needsWake(waiting)]).toEqual(['AwaitingApproval', false]);
    expect(consent(waiting, 'b')).toEqual({ accepted: false, planHash: PLAN });
    const given = accepted(consent(waiting, PLAN, 5));
    expect(statusOf(given)).toBe('Running');
    expect(given).toMatchObject({ maxTransactions: 5, approval: { approvedAt: LATER } });
    expect(needsWake(given)).toBe(true);
    const gone = seekApproval(given, 99, 10, LATER); // an answer in time counts, however late it is heard
    expect([gone.waitMs, controlOf(gone.state), gone.state.drained]).toEqual([0, 'run', undefined]);
  });

  test('said again it changes nothing; with another maximum it is refused', () => {
    const given = accepted(consent(asked(), PLAN, 5));
    expect(given.approval).toMatchObject({ maxTransactions: 5 });
    const raised = accepted(command(given, 'resume', undefined, LATER, 8));
    for (const [state, maximum] of [
      [given, 5],
      [given, undefined],
      [raised, 5],
      [raised, 8],
    ] as const) {
      expect(consent(state, PLAN, maximum)).toEqual({ accepted: true, state });
    }
    const unlimited = accepted(consent(asked(), PLAN));
    for (const state of [given, raised, unlimited]) {
      expect(consent(state, PLAN, 9)).toEqual({ accepted: false, isApproved: true });
    }
  });

  test('without an answer it expires, and the run is cancelled', () => {
    const { state, waitMs } = seekApproval(asked(), 10, 10, LATER);
    expect([waitMs, controlOf(state), reasonOf(state)]).toEqual([0, 'cancel', 'approval expired']);
    expect(statusOf(endRun(state, undefined, LATER))).toBe('Cancelled');
    expect(consent(state, PLAN)).toEqual({ accepted: false, status: 'Cancelling', why: 'ending' });
  });

  test('declined, the run is cancelled; declined again nothing changes; an approved one cannot be', () => {
    const no = tell(asked(), 'decline');
    expect([statusOf(no), reasonOf(no), needsWake(no)]).toEqual(['Cancelling', 'approval declined', true]);
    expect(tell(no, 'decline')).toBe(no);
    expect(statusOf(tell(endRun(no, undefined, LATER), 'decline'))).toBe('Cancelled');
    expect(command(accepted(consent(asked(), PLAN)), 'decline', undefined, LATER).accepted).toBe(false);
  });

  test('a run that waits pauses at once, keeps its question, and goes on waiting', () => {
    const held = tell(asked(), 'pause');
    expect([statusOf(held), seekApproval(held, 0, 10, LATER).waitMs]).toEqual(['Paused', 10]);
    const given = accepted(consent(held, PLAN));
    expect(statusOf(given)).toBe('Paused');
    expect(statusOf(tell(held, 'resume'))).toBe('AwaitingApproval');
    expect(statusOf(tell(given, 'resume'))).toBe('Running');
  });

  test('a run that needs none refuses it', () => {
    expect(consent(inPhase('analyze'), PLAN)).toEqual({ accepted: false, status: 'Running', why: 'not-asked' });
  });
});

describe('rest', () => {
  const resting = () => paused(tell(inPhase('analyze'), 'pause'), LATER);

  test('only a run that rests and may go on, or must end, is to be woken', () => {
    expect(needsWake(resting())).toBe(false);
    expect(needsWake(tell(resting(), 'resume'))).toBe(true);
    expect(needsWake(tell(resting(), 'cancel'))).toBe(true);
    expect(needsWake(tell(inPhase('analyze'), 'pause', 'resume'))).toBe(false);
    expect(needsWake(paused(tell(resting(), 'resume'), LATER))).toBe(false);
    expect(needsWake(endRun(tell(resting(), 'cancel'), undefined, LATER))).toBe(false);
  });

  test('images already sent are told while they come in', () => {
    const told = (count: number) => viewOf(tell(inPhase('analyze'), 'pause'), [progress({ inFlight: count })]).waiting;
    expect([6, 1, 0].map(told)).toEqual(['6 images already sent', '1 image already sent', undefined]);
  });
});

describe('phases', () => {
  test('never go back', () => {
    const phase = fc.constantFrom(...RUN_PHASES.filter((name) => name !== 'done'));
    fc.assert(
      fc.property(fc.array(phase), (phases) => {
        const reached = phases.reduce((state, next) => enterPhase(state, next, LATER), newRun(REQUEST));
        const furthest = Math.max(0, ...phases.map((name) => RUN_PHASES.indexOf(name)));
        expect(phaseOf(reached)).toBe(RUN_PHASES[furthest]);
      }),
    );
  });

  test('entering one again changes nothing', () => {
    const state = inPhase('analyze');
    expect(enterPhase(state, 'analyze', 'later still')).toBe(state);
  });

  test('do not wake a run that is pausing', () => {
    const state = enterPhase(tell(inPhase('snapshot'), 'pause'), 'analyze', LATER);
    expect([phaseOf(state), statusOf(state)]).toEqual(['analyze', 'Pausing']);
    expect(statusOf(tell(state, 'resume'))).toBe('Running');
  });
});

describe('pages', () => {
  const counts = { ...NO_LISTING, total: 5, new: 3, unchanged: 2 };

  test('count once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4)), (pages) => {
        const state = pages.reduce((now, page) => listPage(now, page, counts, 2, LATER), inPhase('snapshot'));
        expect(state.listing.total).toBe(5 * state.pagesListed);
        expect(state.done.unchanged).toBe(2 * state.pagesListed);
        let next = 0;
        for (const page of pages) if (page === next) next += 1;
        expect(state.pagesListed).toBe(next);
      }),
    );
  });
});

describe('chunks', () => {
  const closeAll = (
    closes: readonly { readonly chunk: number; readonly complete: boolean; readonly succeeded: number }[],
  ): { state: RunState; closed: ChunkSet } =>
    closes.reduce<{ state: RunState; closed: ChunkSet }>(
      ({ state, closed }, { chunk, complete, succeeded }) =>
        closeChunk(state, closed, { ref: ref(chunk), progress: progress({ succeeded, inFlight: 3 }), complete }, LATER),
      { state: inPhase('analyze'), closed: {} },
    );

  test('count once: what the first complete close said stands, whatever comes late or twice', () => {
    const close = fc.record({ chunk: fc.nat(3), complete: fc.boolean(), succeeded: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(close), (closes) => {
        const { state, closed } = closeAll(closes);
        const chunks = [0, 1, 2, 3];
        const first = chunks.map((chunk) => closes.find((one) => one.chunk === chunk && one.complete));
        expect(state.done.succeeded).toBe(first.reduce((sum, one) => sum + (one?.succeeded ?? 0), 0));
        expect(closed[0] ?? 0).toBe(first.reduce((mask, one, chunk) => (one ? mask | (1 << chunk) : mask), 0));
        const open = chunks.filter((chunk) => !first[chunk] && closes.some((one) => one.chunk === chunk));
        expect(Object.keys(state.partial)).toHaveLength(open.length);
        expect(state.done.inFlight).toBe(0);
      }),
    );
  });

  test('a chunk that stopped half way replaces what it said before', () => {
    const { state } = closeAll([
      { chunk: 0, complete: false, succeeded: 4 },
      { chunk: 0, complete: false, succeeded: 7 },
    ]);
    expect(viewOf(state, []).counts).toMatchObject({ succeeded: 7, inFlight: 0 });
  });
});

describe('the end', () => {
  test('a final status never changes, whatever arrives', () => {
    const change = fc.constantFrom<(state: RunState) => RunState>(
      (state) => enterPhase(state, 'finish', 'x'),
      (state) => listPage(state, state.pagesListed, { ...NO_LISTING, total: 9 }, 1, 'x'),
      (state) => closeChunk(state, {}, { ref: ref(0), progress: progress({ failed: 1 }), complete: true }, 'x').state,
      (state) => closeChunk(state, {}, { ref: ref(0), progress: progress({ failed: 1 }), complete: false }, 'x').state,
      (state) => paused(state, 'x'),
      (state) => endRun(state, 'another end', 'x'),
      ...(['pause', 'resume', 'cancel', 'fail'] as const).map((verb) => (state: RunState) => {
        const result = command(state, verb, 'late', 'x');
        return result.accepted ? result.state : state;
      }),
    );
    const final = IN_STATUS.filter(([status]) => isFinal(status)).map(([, state]) => state);
    fc.assert(
      fc.property(fc.constantFrom(...final), fc.array(change), (state, changes) => {
        expect(changes.reduce((now, apply) => apply(now), state)).toEqual(state);
      }),
    );
  });

  test.each<[string, Ending['as'] | undefined, Partial<ChunkProgress>, string | undefined, RunStatus]>([
    ['nothing failed', undefined, { skipped: 9 }, undefined, 'Completed'],
    ['an image failed', undefined, { failed: 1 }, undefined, 'CompletedWithErrors'],
    ['a step failed for good', undefined, {}, 'internal: broke', 'Failed'],
    ['cancelled', 'cancel', { failed: 1 }, undefined, 'Cancelled'],
    ['cancelled, and a step failed', 'cancel', {}, 'internal: broke', 'Failed'],
    ['a chunk asked to fail', 'fail', {}, undefined, 'Failed'],
  ])('%s', (_, as, done, failure, status) => {
    const ending = as === undefined ? undefined : { as };
    const state = endRun({ ...inPhase('analyze'), ending, done: progress(done) }, failure, LATER);
    expect([statusOf(state), phaseOf(state), state.outcome?.at]).toEqual([status, 'done', LATER]);
  });

  test('what chunks did before they stopped counts at the end', () => {
    const half = closeChunk(
      tell(inPhase('analyze'), 'cancel'),
      {},
      { ref: ref(0), progress: progress({ succeeded: 3, failed: 2 }), complete: false },
      LATER,
    );
    const end = endRun(half.state, undefined, LATER);
    expect(viewOf(end, []).counts).toMatchObject({ succeeded: 3, failed: 2 });
    expect(end.partial).toEqual({});
  });
});

describe('viewOf', () => {
  test('what a shrunken listing missed is a number of images, none of them by name', () => {
    const shrunken = { ...inPhase('finish'), listing: { ...NO_LISTING, missing: 9 }, quote: QUOTE, mayRemove: false };
    const { status, failureGroups } = viewOf(endRun(shrunken, undefined, LATER), []);
    const group = { reason: 'shrink', code: 'shrink', stage: 'listing', count: 9, retryable: true };
    expect([status, failureGroups]).toEqual(['CompletedWithErrors', [group]]);
  });

  test('counts of a completed run add up to its total', () => {
    const count = fc.nat(500);
    const done = fc.record({ succeeded: count, failed: count, skipped: count, unchanged: count, removed: count });
    fc.assert(
      fc.property(fc.array(done), fc.nat(), (chunks, total) => {
        const listing = { ...inPhase('analyze'), listing: { ...NO_LISTING, total } };
        const state = chunks.reduce(
          (now, change, chunk) =>
            closeChunk(now, {}, { ref: ref(chunk % 20, chunk), progress: progress(change), complete: true }, LATER)
              .state,
          listing,
        );
        const { counts } = viewOf(endRun(state, undefined, LATER), []);
        expect(counts.succeeded + counts.failed + counts.skipped + counts.unchanged).toBe(counts.total);
      }),
    );
  });

  test('shows live progress over what is done, and why nothing moves', () => {
    const state = { ...inPhase('analyze'), done: progress({ succeeded: 5 }) };
    const view = viewOf(state, [progress({ succeeded: 2, inFlight: 4, waiting: 'Vision asked to wait' })]);
    expect(view.counts).toMatchObject({ succeeded: 7, inFlight: 4 });
    expect(view.waiting).toBe('Vision asked to wait');
  });

  test('the total is final once the snapshot is over', () => {
    expect(viewOf(inPhase('snapshot'), []).counts.totalIsFinal).toBe(false);
    expect(viewOf(inPhase('quote'), []).counts.totalIsFinal).toBe(true);
  });

  test('shows the quote', () => {
    const state = setQuote(inPhase('quote'), QUOTE, false, LATER);
    expect(viewOf(state, []).quote).toEqual(QUOTE);
    expect(state.mayRemove).toBe(false);
  });
});
