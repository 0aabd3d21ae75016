import { ACTIONS } from '../../../src/domain/run/action';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  controlOf,
  type Ending,
  HOLDERS,
  isOver,
  needsWake,
  type Outcome,
  phaseOf,
  type RunFacts,
  statusOf,
} from '../../../src/domain/run/facts';
import { NO_LISTING, quoteOf } from '../../../src/domain/money/quote';
import { isFinal, RUN_PHASES, RUN_STATUSES, type RunPhase } from '../../../src/domain/run/run';
import {
  approve,
  command,
  endRun,
  enterPhase,
  newRun,
  paused,
  type RunState,
  sealRun,
  stopAtBudget,
  throttle,
} from '../../../src/domain/run/run-state';
import {
  actionsOf,
  allowedActions,
  allowed,
  entered,
  obey,
  REFUSALS,
  VERBS,
  type Verb,
} from '../../../src/domain/run/transitions';

const AT = '2026-01-01T00:10:00.000Z';
const BEFORE = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-01T01:00:00.000Z';
const SOON = '2026-01-01T00:11:00.000Z';
const PLAN = 'a'.repeat(64);
const ASKED = { askedAt: BEFORE, expiresAt: LATER };
const QUESTIONS = { '-': undefined, asked: ASKED, approved: { ...ASKED, approvedAt: BEFORE } } as const;
const ENDINGS: readonly (Ending | undefined)[] = [
  undefined,
  { as: 'cancel' },
  { as: 'fail' },
  { as: 'fail', cancelled: true },
];
const OUTCOMES = ['Completed', 'CompletedWithErrors', 'Cancelled', 'Failed'] as const;
const PHASES = ['queued', 'snapshot', 'quote', 'approve', 'analyze', 'finish'] as const;

/** Every combination of facts that a verb looks at. What has an outcome is told apart by it and its question alone. */
function everyFacts(): readonly RunFacts[] {
  const going = PHASES.flatMap((phase) =>
    Object.values(QUESTIONS).flatMap((approval) =>
      [undefined, ...HOLDERS].flatMap((by) =>
        ENDINGS.flatMap((ending) =>
          [undefined, true as const].map((drained) => {
            const hold = by && { by, since: BEFORE, ...(by === 'vision' && { until: LATER }) };
            return { phase, approval, hold, ending, drained };
          }),
        ),
      ),
    ),
  );
  const over = OUTCOMES.flatMap((status) =>
    [undefined, true as const].flatMap((told) =>
      Object.values(QUESTIONS).map((approval) => ({
        phase: 'finish' as const,
        approval,
        outcome: { status, at: BEFORE, told } satisfies Outcome,
      })),
    ),
  );
  return [...going, ...over];
}

const endingName = (ending: Ending | undefined) =>
  ending === undefined ? '-' : `${ending.as}${ending.cancelled ? '+cancel' : ''}`;
const questionName = ({ approval }: RunFacts) =>
  approval === undefined ? '-' : approval.approvedAt === undefined ? 'asked' : 'approved';

/** The facts of a run in a word each. */
function words(facts: RunFacts): Readonly<Record<string, string>> {
  const { phase, hold, ending, drained, outcome } = facts;
  return {
    phase,
    question: questionName(facts),
    hold: hold?.by ?? '-',
    ending: endingName(ending),
    drained: drained ? 'drained' : '-',
    outcome: outcome === undefined ? '-' : `${outcome.status}${outcome.told ? '' : ' untold'}`,
  };
}

/** What a verb makes of facts: what changes; `=` where nothing does, `!` where it is refused, both with the reason. */
function cell(facts: RunFacts, verb: Verb): string {
  const result = allowed(facts, verb, { at: AT, as: 'Completed' });
  if (!result.accepted) return `!${result.why}`;
  if (result.already) return `=${result.already}`;
  const before = words(facts);
  const changed = Object.entries(words(result.facts)).filter(([fact, word]) => before[fact] !== word);
  return changed.map(([fact, word]) => `${fact} ${word}`).join(', ');
}

function row(facts: RunFacts): string {
  const cells = VERBS.map((verb) => `${verb}: ${cell(facts, verb)}`);
  return `${Object.values(words(facts)).join(' / ')} is ${statusOf(facts)} | ${cells.join(' | ')}`;
}

/** Every cell, written out: facts, the status that they are, and what each verb makes of them. */
const WRITTEN = readFileSync(join(__dirname, 'transitions.txt'), 'utf8').trimEnd().split('\n');

describe('the table', () => {
  test('of all facts and verbs is the one that is written out', () => {
    expect(everyFacts().map(row)).toEqual(WRITTEN);
  });

  test('has every status and a reason of every kind', () => {
    const seen = new Set(everyFacts().map(statusOf));
    expect(RUN_STATUSES.filter((status) => !seen.has(status))).toEqual([]);
    const reasons = Object.keys(REFUSALS).filter((why) => !WRITTEN.some((line) => line.includes(why)));
    expect(reasons).toEqual([]);
  });

  test('a verb that is accepted changes nothing when it is said again', () => {
    for (const facts of everyFacts()) {
      for (const verb of VERBS) {
        const once = obey(facts, verb, { at: AT });
        expect(obey(once, verb, { at: SOON })).toBe(once);
      }
    }
  });

  test('what has ended shows it only when it is told, and takes no word but that', () => {
    for (const facts of everyFacts().filter(isOver)) {
      for (const verb of VERBS.filter((one) => one !== 'tell')) expect(obey(facts, verb, { at: AT })).toBe(facts);
      expect([isFinal(statusOf(facts)), phaseOf(facts) === 'done']).toEqual(
        Array(2).fill(facts.outcome?.told === true),
      );
      expect(statusOf(obey(facts, 'tell', { at: AT }))).toBe(facts.outcome?.status);
      expect(needsWake(facts)).toBe(false);
    }
  });
});

describe('holds', () => {
  const analysing: RunFacts = entered({ phase: 'queued' }, 'analyze', BEFORE);
  const held = obey(analysing, 'throttle', { at: '2026-01-01T00:01:00.000Z', until: LATER });

  test('one that takes over from another keeps its time, and what it took is added once', () => {
    const paused = obey(held, 'pause', { at: '2026-01-01T00:02:00.000Z', reason: 'lunch' });
    expect(paused.hold).toEqual({ by: 'owner', since: '2026-01-01T00:01:00.000Z', reason: 'lunch' });
    const resumed = obey(paused, 'resume', { at: '2026-01-01T00:04:00.000Z' });
    expect([resumed.hold, resumed.heldMs]).toEqual([undefined, 180_000]);
    const again = obey(resumed, 'pause', { at: '2026-01-01T00:05:00.000Z' });
    expect(obey(again, 'cancel', { at: '2026-01-01T00:06:00.000Z' }).heldMs).toBe(240_000);
  });

  test('the wait of Vision ends by itself, in time, and with the work', () => {
    const early = obey(held, 'rest', { at: AT });
    expect([early.hold?.by, early.drained]).toEqual(['vision', true]);
    expect(obey(early, 'rest', { at: LATER })).toMatchObject({
      hold: undefined,
      drained: undefined,
      heldMs: 3_540_000,
    });
    expect(entered(held, 'finish', AT)).toMatchObject({ hold: undefined, phase: 'finish', heldMs: 540_000 });
  });

  test('before the analysis none takes time of work', () => {
    const early = obey<RunFacts>({ phase: 'snapshot' }, 'pause', { at: BEFORE });
    expect(obey(early, 'resume', { at: AT }).heldMs).toBe(0);
    const meanwhile = entered(early, 'analyze', '2026-01-01T00:04:00.000Z');
    expect(obey(meanwhile, 'resume', { at: AT }).heldMs).toBe(360_000);
  });
});

describe('a run, whatever it is told', () => {
  const price = quoteOf({ ...NO_LISTING, total: 3, new: 3 }, 1, { unit: 1, currency: 'EUR' });
  const start: RunState = {
    ...newRun({
      ...{ id: 'a'.repeat(32), container: 'photos', prefix: '', features: [], confirmShrink: false },
      startedAt: BEFORE,
    }),
    quote: { ...price, planHash: PLAN },
    approval: ASKED,
  };
  const said = (state: RunState, verb: 'pause' | 'resume' | 'cancel' | 'decline' | 'fail') => {
    const result = command(state, verb, undefined, AT);
    return result.accepted ? result.state : state;
  };
  /** The functions of the state that say what a verb of the table says. */
  const SPOKEN: Readonly<Partial<Record<Verb, (state: RunState) => RunState>>> = {
    pause: (state) => said(state, 'pause'),
    resume: (state) => said(state, 'resume'),
    cancel: (state) => said(state, 'cancel'),
    decline: (state) => said(state, 'decline'),
    fail: (state) => said(state, 'fail'),
    approve: (state) => {
      const result = approve(state, { planHash: PLAN }, AT);
      return result.accepted ? result.state : state;
    },
    stopAtBudget: (state) => stopAtBudget(state, 'cap', AT),
    throttle: (state) => throttle(state, LATER, AT),
    rest: (state) => paused(state, AT),
    seal: (state) => sealRun(state, undefined, AT),
    tell: (state) => endRun(state, undefined, AT),
  };
  const verbs = Object.keys(SPOKEN) as Verb[];
  const step = fc.oneof(
    fc.constantFrom(...verbs).map((verb) => ({ verb })),
    fc.constantFrom(...RUN_PHASES).map((phase) => ({ phase })),
  );
  const take = (state: RunState, one: { readonly verb: Verb } | { readonly phase: RunPhase }): RunState =>
    'phase' in one ? enterPhase(state, one.phase, AT) : (SPOKEN[one.verb] as (now: RunState) => RunState)(state);

  test('goes only where the table lets it go', () => {
    fc.assert(
      fc.property(fc.array(step), fc.constantFrom(...verbs), (steps, verb) => {
        const state = steps.reduce(take, start);
        const result = allowed(state, verb, { at: AT, as: 'Completed' });
        const next = (SPOKEN[verb] as (now: RunState) => RunState)(state);
        if (verb === 'seal' || verb === 'tell') expect(isOver(next)).toBe(true);
        else if (verb === 'rest' && !result.accepted) expect(words(next)).toEqual({ ...words(state), drained: '-' });
        else expect(words(next)).toEqual(words(result.accepted ? result.facts : state));
      }),
    );
  });

  test('never goes back: not a phase, not an end, not what stops it for good', () => {
    fc.assert(
      fc.property(fc.array(step), step, (steps, one) => {
        const state = steps.reduce(take, start);
        const next = take(state, one);
        expect(PHASES.indexOf(next.phase)).toBeGreaterThanOrEqual(PHASES.indexOf(state.phase));
        if (state.ending) expect(['cancel', 'fail']).toContain(controlOf(next));
        if (state.outcome) expect(next.outcome).toMatchObject({ status: state.outcome.status, at: state.outcome.at });
        expect(next.heldMs ?? 0).toBeGreaterThanOrEqual(state.heldMs ?? 0);
      }),
    );
  });
});

describe('actions', () => {
  const offered = (facts: RunFacts) => ACTIONS.filter((action) => actionsOf(facts)[action].allowed);

  test.each<[string, RunFacts, readonly string[]]>([
    ['running', { phase: 'analyze' }, ['pause', 'cancel']],
    ['paused', { phase: 'analyze', hold: { by: 'owner', since: BEFORE }, drained: true }, ['resume', 'cancel']],
    ['stopped at a cap', { phase: 'analyze', hold: { by: 'budget', since: BEFORE } }, ['pause', 'resume', 'cancel']],
    ['asking', { phase: 'approve', approval: ASKED }, ['pause', 'cancel', 'approve', 'decline']],
    ['cancelling', { phase: 'analyze', ending: { as: 'cancel' } }, []],
    ['sealed', { phase: 'finish', outcome: { status: 'Completed', at: BEFORE } }, []],
    ['ended', { phase: 'finish', outcome: { status: 'Failed', at: BEFORE, told: true } }, ['retry', 'restart']],
  ])('of a run that is %s', (_, facts, expected) => {
    expect(offered(facts)).toEqual(expected);
    expect(allowedActions(facts)).toEqual(expected);
  });

  test('each says why it is not offered, as its refusal does', () => {
    expect(actionsOf({ phase: 'analyze' })).toMatchObject({
      resume: { allowed: false, code: 'not-held', sentence: 'Nothing holds the run back.' },
      approve: { allowed: false, code: 'not-asked' },
      retry: { allowed: false, code: 'not-over' },
    });
    for (const facts of everyFacts()) {
      for (const action of ['pause', 'resume', 'cancel', 'approve', 'decline'] as const) {
        const result = allowed(facts, action, { at: AT });
        const offer = actionsOf(facts)[action];
        if (!result.accepted) expect(offer).toMatchObject({ allowed: false, code: result.why });
        else expect(offer.allowed).toBe(result.facts !== facts);
      }
    }
  });
});
