import { defined } from '../defined';
import { msOf } from '../time';
import { ACTIONS, type Action } from './action';
import { controlOf, type Hold, isBehind, isHeld, isOver, isStopping, type Outcome, type RunFacts } from './facts';
import { heldDuring } from './pace';
import type { RunPhase } from './run';

/**
 * Every change of a run's facts: what each verb makes of them, or why not. The run actor obeys this table, a refusal of
 * the API comes from it, and so do the actions that a page offers.
 *
 * I1 A verb is idempotent: repeated, it is accepted and changes nothing.
 * I2 What makes no sense is refused with the reason.
 * I3 When a hold ends, for whatever reason, its time is added to the time that is not work.
 */
export const VERBS = [
  ...(['pause', 'resume', 'cancel', 'approve', 'decline'] as const),
  /** Said by the product: work cannot go on; a cap is reached; Vision asked for a long wait. */
  ...(['fail', 'stopAtBudget', 'throttle'] as const),
  /** Said by the workflow: it waits for the consent; nobody gave it in time; all work has stopped; it goes on. */
  ...(['ask', 'expire', 'rest', 'wake'] as const),
  /** The end is decided; the end is announced. */
  ...(['seal', 'tell'] as const),
] as const;
export type Verb = (typeof VERBS)[number];

/** What comes with a verb. */
export interface Said {
  /** When: RFC 3339, UTC. */
  readonly at: string;
  readonly reason?: string | undefined;
  /** With `throttle`: when Vision may be asked again, RFC 3339, UTC. */
  readonly until?: string | undefined;
  /** With `seal`. */
  readonly as?: Outcome['status'] | undefined;
}

/** Why a verb is refused, or would change nothing. */
export const REFUSALS = {
  over: 'The run has ended.',
  ending: 'The run is ending already.',
  held: 'The run is held back already.',
  'not-held': 'Nothing holds the run back.',
  finishing: 'The run has no work left.',
  'not-asked': 'The run does not need an approval.',
  approved: 'The run is approved already.',
  'not-over': 'The run has not ended yet.',
} as const;
export type Refusal = keyof typeof REFUSALS;

export type Allowed<Facts extends RunFacts = RunFacts> =
  /** `already`: accepted and nothing changed, for this reason. */
  | { readonly accepted: true; readonly facts: Facts; readonly already?: Refusal }
  | { readonly accepted: false; readonly why: Refusal };

/** The first row whose condition holds decides. */
type Row = readonly [
  when: (facts: RunFacts, said: Said) => boolean,
  then: { readonly refuse: Refusal } | { readonly already: Refusal } | ((facts: RunFacts, said: Said) => Change),
];
type Change = Partial<RunFacts>;

const refuse = (why: Refusal) => ({ refuse: why });
const already = (why: Refusal) => ({ already: why });
const always = () => true;
const wasAsked = ({ approval }: RunFacts) => approval !== undefined;
const isApproved = ({ approval }: RunFacts) => approval?.approvedAt !== undefined;
const isCancelled = ({ outcome }: RunFacts) => outcome?.status === 'Cancelled';
const isCancelling = ({ outcome, ending }: RunFacts) => outcome === undefined && ending?.as === 'cancel';
const isFailing = ({ ending }: RunFacts) => ending?.as === 'fail';
const isHolding = (facts: RunFacts) => isHeld({ control: controlOf(facts) });
const isDrained = ({ drained }: RunFacts) => drained === true;

const heldBy =
  (by: Hold['by']) =>
  ({ hold }: RunFacts) =>
    hold?.by === by;
const hold =
  (by: Hold['by']) =>
  (before: RunFacts, { at, reason = before.hold?.reason, until }: Said): Change => ({
    hold: { by, since: before.hold?.since ?? at, ...defined({ reason, until }) },
  });
/** Whoever lets a run go on has seen it: it is queued no more. */
const released = ({ phase }: RunFacts): Change => ({
  hold: undefined,
  phase: phase === 'queued' ? 'snapshot' : phase,
});
const awake: Change = { drained: undefined };
const cancelled = (_: RunFacts, { reason }: Said): Change => ({
  ending: { as: 'cancel', ...defined({ reason }) },
});
/** Times are all in UTC, so their text has their order. */
const isWaitedOut = ({ hold: held }: RunFacts, { at }: Said) =>
  held?.by === 'vision' && held.until !== undefined && held.until <= at;

const TABLE: Readonly<Record<Verb, readonly Row[]>> = {
  pause: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [heldBy('owner'), already('held')],
    [always, hold('owner')],
  ],
  resume: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [isHolding, released],
    [always, already('not-held')],
  ],
  cancel: [
    [isCancelled, already('over')],
    [isOver, refuse('over')],
    [isStopping, already('ending')],
    [always, cancelled],
  ],
  approve: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [isApproved, already('approved')],
    [wasAsked, ({ approval }, { at }) => (approval ? { approval: { ...approval, approvedAt: at } } : {})],
    [always, refuse('not-asked')],
  ],
  decline: [
    [isApproved, refuse('approved')],
    [(facts) => !wasAsked(facts), refuse('not-asked')],
    [isCancelled, already('over')],
    [isCancelling, already('ending')],
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [always, (facts, said) => cancelled(facts, { ...said, reason: said.reason ?? 'approval declined' })],
  ],
  fail: [
    [isOver, refuse('over')],
    [isFailing, already('ending')],
    [
      always,
      ({ ending }, { reason = ending?.reason }) => ({
        ending: { as: 'fail', ...(ending && { cancelled: true }), ...defined({ reason }) },
      }),
    ],
  ],
  stopAtBudget: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [isHolding, refuse('held')],
    [always, hold('budget')],
  ],
  throttle: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [isHolding, refuse('held')],
    [({ phase }) => phase === 'finish', refuse('finishing')],
    [always, hold('vision')],
  ],
  ask: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [isApproved, refuse('approved')],
    [(facts) => !wasAsked(facts), refuse('not-asked')],
    [isDrained, already('held')],
    [always, () => ({ drained: true })],
  ],
  expire: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [isApproved, refuse('approved')],
    [(facts) => !wasAsked(facts), refuse('not-asked')],
    [always, (facts, said) => ({ ...cancelled(facts, said), ...awake })],
  ],
  rest: [
    [isOver, refuse('over')],
    [isStopping, refuse('ending')],
    [(facts) => !isHolding(facts), refuse('not-held')],
    [isWaitedOut, (facts) => ({ ...released(facts), ...awake })],
    [isDrained, already('held')],
    [always, () => ({ drained: true })],
  ],
  wake: [
    [isDrained, () => awake],
    [always, already('not-held')],
  ],
  seal: [
    [isOver, already('over')],
    [
      always,
      ({ hold: held }, { as = 'Completed', at, reason }) => ({
        ...(held?.by === 'vision' && { hold: undefined }), // Vision is not waited for any more
        outcome: { status: as, at, ...defined({ reason }) },
      }),
    ],
  ],
  tell: [
    [({ outcome }) => outcome?.told === true, already('over')],
    [isOver, ({ outcome }) => (outcome ? { outcome: { ...outcome, told: true } } : {})],
    [always, refuse('not-over')],
  ],
};

/**
 * What `verb` makes of a run. Facts that do not change are answered as the same object. A caller that keeps more beside the
 * facts gets it back with them.
 */
export function allowed<Facts extends RunFacts>(facts: Facts, verb: Verb, said: Said): Allowed<Facts> {
  const [, then] = TABLE[verb].find(([when]) => when(facts, said)) ?? [always, refuse('over')];
  if (typeof then !== 'function') {
    return 'refuse' in then ? { accepted: false, why: then.refuse } : { accepted: true, facts, already: then.already };
  }
  return { accepted: true, facts: timed(facts, { ...facts, ...then(facts, said) }, said.at) };
}

/** As `allowed` where a refusal changes nothing. */
export function obey<Facts extends RunFacts>(facts: Facts, verb: Verb, said: Said): Facts {
  const result = allowed(facts, verb, said);
  return result.accepted ? result.facts : facts;
}

/** Phases never go back. What Vision asked for is no word about a run that has no work left. */
export function entered<Facts extends RunFacts>(facts: Facts, phase: RunPhase, at: string): Facts {
  if (isOver(facts) || phase === 'done' || isBehind(facts.phase, phase)) return facts;
  if (facts.phase === phase && facts.phaseTimes?.[phase] !== undefined) return facts;
  const isFreed = phase === 'finish' && controlOf(facts) === 'throttled';
  const next = { ...facts, ...(isFreed && { hold: undefined }), phase };
  return { ...timed(facts, next, at), phaseTimes: { ...facts.phaseTimes, [phase]: at } };
}

/** I3 */
function timed<Facts extends RunFacts>(before: Facts, after: Facts, at: string): Facts {
  const since = before.hold?.since;
  if (since === undefined || !isHolding(before) || isHolding(after)) return after;
  const analyzeAt = before.phaseTimes?.analyze;
  const ms = heldDuring(msOf(since), msOf(at), analyzeAt === undefined ? undefined : msOf(analyzeAt));
  return { ...after, heldMs: (before.heldMs ?? 0) + ms };
}

export type Actions = Readonly<Record<Action, ActionOffer>>;
export type ActionOffer =
  | { readonly allowed: true }
  /** `code`: stable. `sentence`: for people. */
  | { readonly allowed: false; readonly code: Refusal; readonly sentence: string };

/** The actions that would change something now. */
export function allowedActions(facts: RunFacts): readonly Action[] {
  return ACTIONS.filter((action) => whyNot(facts, action) === undefined);
}

/** Which actions would change something now, and why the others would not. */
export function actionsOf(facts: RunFacts): Actions {
  const offers = ACTIONS.map((action) => [action, offerOf(whyNot(facts, action))] as const);
  return Object.fromEntries(offers) as Actions;
}

function whyNot(facts: RunFacts, action: Action): Refusal | undefined {
  if (action === 'retry' || action === 'restart') return facts.outcome?.told ? undefined : 'not-over';
  const result = allowed(facts, action, { at: '' }); // the time is not looked at
  return result.accepted ? result.already : result.why;
}

function offerOf(why: Refusal | undefined): ActionOffer {
  return why === undefined ? { allowed: true } : { allowed: false, code: why, sentence: REFUSALS[why] };
}
