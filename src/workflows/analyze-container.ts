import { defined } from '../domain/defined';
import { pageInstanceId } from '../domain/ids';
import type { AnalyzeContainerState } from '../domain/run/analyze-container-state';
import { readApprovalAnswer } from '../domain/run/approval';
import { type Control, isHeld } from '../domain/run/facts';
import type { RunPhase } from '../domain/run/run';
import { scopeOf } from '../domain/run/run-scope';
import { APPROVAL_EVENT, RUN_CONTROL_EVENT, WORKFLOWS } from '../names';
import type { AnalyzePageState, PageResult } from './analyze-page';
import { call, defineWorkflow, type Generation, GenerationFull, type Step, StepFailed, waitFor, window } from './sdk';
import {
  announce,
  cleanRun,
  closeRun,
  listPage,
  markPaused,
  seekApproval,
  setPhase,
  takeApproval,
  verifyTotals,
  writeQuote,
} from './steps';

/** Pages under way. With 4 chunks each (analyze-page.ts) a run keeps 16 activities under way; WORK_ITEMS says of how many. */
const PAGES_IN_FLIGHT = 4;
/** A run that rests looks for itself once an hour, should the event that wakes it be lost. */
const REST_CHECK_MS = 3_600_000;

/**
 * One run over a container: snapshot, quote, approve, analyze, finish. The phase decides where a new generation goes on; a step
 * that fails for good ends the run as Failed with its reason, and what was saved is still counted and verified.
 */
export const analyzeContainer = defineWorkflow<AnalyzeContainerState, { readonly failed: boolean }>(
  WORKFLOWS.analyzeContainer,
  async function* (generation, state) {
    if (state.phase !== 'finish') {
      try {
        yield* work(generation, state);
      } catch (thrown) {
        if (!(thrown instanceof StepFailed)) throw thrown;
        state.failure = `${thrown.error.code}: ${thrown.error.message}`;
      }
      enter(generation, state, 'finish');
    }
    return yield* finish(generation, state);
  },
);

async function* work(generation: Generation, state: AnalyzeContainerState): Step<void> {
  const scope = scopeOf(state);
  // 1. snapshot: page after page, because each starts at the marker of the one before
  while (state.phase === 'snapshot') {
    if (state.pages === 0) {
      yield* call(generation, setPhase, { ...scope, phase: 'snapshot' });
      yield* call(generation, announce, { ...scope, event: 'run-started' });
    }
    const { last, control } = yield* call(generation, listPage, { ...scope, page: state.pages });
    state.pages += 1;
    if (yield* isStopped(generation, state, control)) return;
    if (last) enter(generation, state, 'quote');
  }
  // 2. quote: what it will cost, from the counts
  if (state.phase === 'quote') {
    const { control, needsApproval } = yield* call(generation, writeQuote, scope);
    if (yield* isStopped(generation, state, control)) return;
    enter(generation, state, needsApproval ? 'approve' : 'analyze');
  }
  // 3. approve: where its owner wants to be asked before money is spent
  if (state.phase === 'approve') {
    const control = yield* approval(generation, state);
    if (yield* isStopped(generation, state, control)) return;
    enter(generation, state, 'analyze');
  }
  // 4. analyze: a window of pages; a pause stops them half way and is waited for here
  yield* call(generation, setPhase, { ...scope, phase: 'analyze' });
  for (;;) {
    yield* analyzePages(generation, state);
    if (state.stopped.length === 0) return;
    if (yield* isStopped(generation, state, 'pause')) return;
  }
}

async function* analyzePages(generation: Generation, state: AnalyzeContainerState): Step<void> {
  const again = [...state.stopped];
  const stopped = new Set<number>(again);
  const items = function* () {
    yield* again;
    while (state.next < state.pages) yield state.next++;
  };
  try {
    yield* window<number, PageResult>(generation, {
      items: items(),
      width: PAGES_IN_FLIGHT,
      start: (page) => {
        stopped.add(page); // until it says that it is complete
        const input: AnalyzePageState = { ...scopeOf(state), page };
        return generation.child(WORKFLOWS.analyzePage, input, pageInstanceId(state.runId, page, state.round));
      },
      done: (page, { complete }) => {
        if (complete) stopped.delete(page);
        return complete;
      },
    });
  } finally {
    state.stopped = [...stopped];
    // A page that is started again needs an instance id of its own.
    if (state.stopped.length > 0) state.round += 1;
  }
}

/** Rests as long as its owner, a cap or Vision wants it to, and answers whether the run is to stop for good. */
async function* isStopped(generation: Generation, state: AnalyzeContainerState, control: Control): Step<boolean> {
  let word = control;
  while (isHeld({ control: word })) {
    const marked = yield* call(generation, markPaused, scopeOf(state));
    word = marked.control;
    if (!isHeld({ control: word })) break;
    generation.setStatus({ phase: state.phase, paused: true });
    yield* waitFor(generation, RUN_CONTROL_EVENT, Math.min(marked.waitMs ?? REST_CHECK_MS, REST_CHECK_MS));
    generation.setStatus({ phase: state.phase, pages: state.pages });
  }
  return word === 'cancel' || word === 'fail';
}

/**
 * Announces the question and waits for the answer: by the API, which decides in the run actor and only wakes this, by the
 * external event, or by the durable timer with which the question expires.
 */
async function* approval(generation: Generation, state: AnalyzeContainerState): Step<Control> {
  const scope = scopeOf(state);
  yield* call(generation, setPhase, { ...scope, phase: 'approve' });
  for (;;) {
    const { control, waitMs } = yield* call(generation, seekApproval, scope);
    if (waitMs === 0) return control;
    if (!state.asked) yield* call(generation, announce, { ...scope, event: 'approval-requested' });
    state.asked = true;
    yield* answered(generation, state, Math.min(waitMs, REST_CHECK_MS));
  }
}

async function* answered(generation: Generation, state: AnalyzeContainerState, waitMs: number): Step<void> {
  if (!generation.hasRoomFor(5)) throw new GenerationFull(); // an event that is heard is told in this generation
  const word = generation.event(RUN_CONTROL_EVENT);
  const answer = generation.event(APPROVAL_EVENT);
  yield generation.any([word, answer, generation.timer(waitMs)]);
  if (word.isComplete) generation.heard(RUN_CONTROL_EVENT);
  if (!answer.isComplete) return;
  generation.heard(APPROVAL_EVENT);
  const read = readApprovalAnswer(answer.getResult());
  if (read) yield* call(generation, takeApproval, { ...scopeOf(state), answer: read });
}

/** 5. finish: totals recounted, the run closed with its receipt, announced, its inputs deleted. */
async function* finish(generation: Generation, state: AnalyzeContainerState): Step<{ readonly failed: boolean }> {
  const scope = scopeOf(state);
  yield* call(generation, setPhase, { ...scope, phase: 'finish' });
  yield* call(generation, verifyTotals, scope);
  const failure = defined({ failure: state.failure });
  const { failed } = yield* call(generation, closeRun, { ...scope, ...failure });
  yield* call(generation, announce, { ...scope, event: failed ? 'run-failed' : 'run-completed' });
  yield* call(generation, cleanRun, { ...scope, pages: state.pages });
  return { failed };
}

function enter(generation: Generation, state: AnalyzeContainerState, phase: RunPhase): void {
  state.phase = phase;
  generation.setStatus({ phase, pages: state.pages });
}
