import type { TWorkflow } from '@dapr/dapr';
import { Logger } from '@dapr/dapr/logger/Logger';
import * as pb from '@dapr/dapr/workflow/internal/durabletask/proto/orchestrator_service_pb';
import * as ph from '@dapr/dapr/workflow/internal/durabletask/utils/pb-helper.util';
import { OrchestrationExecutor } from '@dapr/dapr/workflow/internal/durabletask/worker/orchestration-executor';
import { Registry } from '@dapr/dapr/workflow/internal/durabletask/worker/registry';
import WorkflowContext from '@dapr/dapr/workflow/runtime/WorkflowContext';

/**
 * One workflow instance, turn by turn, on the SDK's own executor and without a sidecar: the one import of SDK internals.
 *
 * H1 Every turn replays the whole stored history with a fresh executor, so every prefix is replayed ("always replay").
 * H2 Rows are counted as the engine stores them: one row an event. Operations are those of the one transaction that
 *    saves a turn: inbox rows deleted (a fired timer has none), history rows written or deleted, metadata, custom status.
 *    Source: pkg/runtime/wfengine/state/state.go (addStateOperations) of Dapr 1.18.2.
 * H3 A turn over the limits throws: no test has to ask.
 * H4 A second answer to a task of the same generation is dropped, an answer that matches no task is not stored; an answer
 *    from an earlier generation is told apart by nothing but its id, as in the engine.
 */

/** The product's own limit; Cosmos DB takes 100 operations a batch. */
export const MAX_ROWS = 90;
export const MAX_OPERATIONS = 90;

// The engine's loggers take no options and print every work item.
const quiet = () => undefined;
Object.assign(Logger.prototype, { info: quiet, warn: quiet, error: quiet, debug: quiet, verbose: quiet });

export type HistoryEvent = pb.HistoryEvent;

export interface NamedWorkflow {
  readonly name: string;
  readonly run: TWorkflow;
}

export type Action =
  | { readonly kind: 'activity'; readonly id: number; readonly name: string; readonly input: unknown }
  | {
      readonly kind: 'child';
      readonly id: number;
      readonly name: string;
      readonly instanceId: string;
      readonly input: unknown;
    }
  | { readonly kind: 'timer'; readonly id: number; readonly fireAtMs: number }
  | { readonly kind: 'completed'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string }
  | { readonly kind: 'continued'; readonly input: unknown; readonly carried: readonly string[] };

export interface Turn {
  readonly generation: number;
  readonly rows: number;
  readonly operations: number;
  readonly actions: readonly Action[];
  readonly customStatus: string;
}

export interface GenerationRecord {
  readonly events: readonly HistoryEvent[];
  /** Input of the next generation; absent when this one is the last. */
  readonly continued?: unknown;
}

export interface Executed {
  readonly actions: readonly Action[];
  readonly customStatus: string;
}

export const events = {
  taskCompleted: (id: number, result: unknown) => ph.newTaskCompletedEvent(id, JSON.stringify(result)),
  taskFailed: (id: number, error: Error) => ph.newTaskFailedEvent(id, error),
  childCompleted: (id: number, result: unknown) => ph.newSubOrchestrationCompletedEvent(id, JSON.stringify(result)),
  childFailed: (id: number, error: Error) => ph.newSubOrchestrationFailedEvent(id, error),
  timerFired: (id: number, at: Date) => ph.newTimerFiredEvent(id, at),
  raised: (name: string, payload: unknown) => ph.newEventRaisedEvent(name, JSON.stringify(payload)),
  turnStarted: (at: Date) => ph.newOrchestratorStartedEvent(at),
  /** An input that is undefined is not sent. */
  started: (name: string, instanceId: string, input: unknown) =>
    ph.newExecutionStartedEvent(name, instanceId, encoded(input)),
};

/** What the SDK answers to `fresh` events after replaying `past`. */
export async function execute(
  workflows: readonly NamedWorkflow[],
  instanceId: string,
  past: readonly HistoryEvent[],
  fresh: readonly HistoryEvent[],
): Promise<Executed> {
  const registry = new Registry();
  for (const { name, run } of workflows) {
    registry.addNamedOrchestrator(name, (ctx, input) => run(new WorkflowContext(ctx), input));
  }
  const { actions, customStatus } = await new OrchestrationExecutor(registry).execute(
    instanceId,
    [...past],
    [...fresh],
  );
  return { actions: actions.map(actionOf), customStatus };
}

export class Instance {
  readonly turns: Turn[] = [];
  /** Histories of generations that have ended, and the present one last. */
  readonly generations: GenerationRecord[] = [];
  end: Extract<Action, { kind: 'completed' | 'failed' }> | undefined;
  customStatus = '';
  private history: HistoryEvent[] = [];
  private inbox: HistoryEvent[] = [];

  constructor(
    private readonly workflows: readonly NamedWorkflow[],
    private readonly name: string,
    readonly id: string,
    input: unknown,
  ) {
    this.inbox.push(events.started(name, id, input));
  }

  get generation(): number {
    return this.generations.length + 1;
  }

  get output(): unknown {
    return this.end?.kind === 'completed' ? this.end.output : undefined;
  }

  get waiting(): boolean {
    return this.inbox.length > 0 && !this.end;
  }

  /** Into the inbox; the next turn takes all of it. */
  deliver(event: HistoryEvent): void {
    const key = resolutionOf(event);
    if (key !== undefined && [...this.history, ...this.inbox].some((other) => resolutionOf(other) === key)) return;
    this.inbox.push(event);
  }

  /** One turn; a continue-as-new starts the next generation within it. Answers what the engine must carry out. */
  async turn(now: Date): Promise<readonly Action[]> {
    const inboxRows = this.inbox.filter((event) => !event.hasTimerfired()).length;
    let fresh = [events.turnStarted(now), ...this.inbox];
    let deleted = 0;
    this.inbox = [];
    for (let loops = 0; loops < 20; loops++) {
      const { actions, customStatus } = await execute(this.workflows, this.id, this.history, fresh);
      this.customStatus = customStatus;
      const [first] = actions;
      if (first?.kind === 'continued') {
        this.record(actions, customStatus, [...this.history, ...fresh].length, 0);
        this.generations.push({ events: [...this.history, ...fresh], continued: first.input });
        deleted += this.history.length;
        this.history = [];
        const carried = first.carried.map((event) => pb.HistoryEvent.deserializeBinary(Buffer.from(event, 'base64')));
        fresh = [events.turnStarted(now), events.started(this.name, this.id, first.input), ...carried];
        continue;
      }
      const stored = [...fresh, ...actions.map(eventOf)];
      this.history.push(...this.matched(stored));
      const historyOperations = deleted === 0 ? stored.length : Math.max(deleted, stored.length);
      this.record(actions, customStatus, this.history.length, inboxRows + historyOperations + 2);
      if (first?.kind === 'completed' || first?.kind === 'failed') this.end = first;
      return actions;
    }
    throw new Error(`${this.id}: 20 generations in one turn; the engine gives up here`);
  }

  /** All generations, the present one included. */
  recorded(): readonly GenerationRecord[] {
    return [...this.generations, { events: this.history }];
  }

  private record(actions: readonly Action[], customStatus: string, rows: number, operations: number): void {
    this.turns.push({ generation: this.generation, rows, operations, actions, customStatus });
    if (rows > MAX_ROWS) throw new Error(`${this.id}: ${rows} history rows`);
    if (operations > MAX_OPERATIONS) throw new Error(`${this.id}: ${operations} state operations in one turn`);
  }

  /** The engine stores no answer to a task that this generation never started. */
  private matched(fresh: readonly HistoryEvent[]): HistoryEvent[] {
    const known = new Set([...this.history, ...fresh].filter(isStart).map((event) => event.getEventid()));
    return fresh.filter((event) => {
      const id = event.getTaskcompleted()?.getTaskscheduledid() ?? event.getTaskfailed()?.getTaskscheduledid();
      return id === undefined || known.has(id);
    });
  }
}

/** A history in turns: what came in, and the events its actions left. */
export function turnsOf(history: readonly HistoryEvent[]): { fresh: HistoryEvent[]; left: HistoryEvent[] }[] {
  const turns: { fresh: HistoryEvent[]; left: HistoryEvent[] }[] = [];
  for (const event of history) {
    if (event.hasOrchestratorstarted()) turns.push({ fresh: [], left: [] });
    const turn = turns.at(-1);
    if (!turn) throw new Error('a history begins with a turn');
    (isStart(event) || event.hasExecutioncompleted() ? turn.left : turn.fresh).push(event);
  }
  return turns;
}

export function encodeEvent(event: HistoryEvent): string {
  return Buffer.from(event.serializeBinary()).toString('base64');
}

export function decodeEvent(base64: string): HistoryEvent {
  return pb.HistoryEvent.deserializeBinary(Buffer.from(base64, 'base64'));
}

/** One line for people who read a recorded history. */
export function textOf(event: HistoryEvent): string {
  const kind = Object.entries(pb.HistoryEvent.EventtypeCase).find(
    ([, value]) => value === event.getEventtypeCase(),
  )?.[0];
  const name = event.getTaskscheduled()?.getName() ?? event.getSuborchestrationinstancecreated()?.getInstanceid();
  const text =
    event.getExecutionstarted()?.getInput()?.getValue() ??
    event.getTaskscheduled()?.getInput()?.getValue() ??
    event.getTaskcompleted()?.getResult()?.getValue() ??
    event.getSuborchestrationinstancecompleted()?.getResult()?.getValue() ??
    event.getExecutioncompleted()?.getResult()?.getValue();
  const id = isStart(event) ? event.getEventid() : (answeredId(event) ?? '');
  return [kind, id === '' ? '' : `#${id}`, name, text].filter(Boolean).join(' ');
}

/** The action that left this event, as far as a history tells it. */
export function actionLeft(event: HistoryEvent): Action {
  const id = event.getEventid();
  const task = event.getTaskscheduled();
  if (task) return { kind: 'activity', id, name: task.getName(), input: decoded(task.getInput()?.getValue()) };
  const child = event.getSuborchestrationinstancecreated();
  if (child) {
    const input = decoded(child.getInput()?.getValue());
    return { kind: 'child', id, name: child.getName(), instanceId: child.getInstanceid(), input };
  }
  const timer = event.getTimercreated();
  if (timer) return { kind: 'timer', id, fireAtMs: timer.getFireat()?.toDate().getTime() ?? 0 };
  const end = event.getExecutioncompleted();
  if (end) return ended(end.getOrchestrationstatus(), end.getResult()?.getValue(), end.getFailuredetails());
  throw new Error(`no action leaves a ${textOf(event)}`);
}

function actionOf(action: pb.OrchestratorAction): Action {
  const id = action.getId();
  const task = action.getScheduletask();
  if (task) return { kind: 'activity', id, name: task.getName(), input: decoded(task.getInput()?.getValue()) };
  const child = action.getCreatesuborchestration();
  if (child) {
    const input = decoded(child.getInput()?.getValue());
    return { kind: 'child', id, name: child.getName(), instanceId: child.getInstanceid(), input };
  }
  const timer = action.getCreatetimer();
  if (timer) return { kind: 'timer', id, fireAtMs: timer.getFireat()?.toDate().getTime() ?? 0 };
  const end = action.getCompleteorchestration();
  if (!end) throw new Error('an action of an unknown kind');
  const status = end.getOrchestrationstatus();
  if (status === pb.OrchestrationStatus.ORCHESTRATION_STATUS_CONTINUED_AS_NEW) {
    const carried = end.getCarryovereventsList().map(encodeEvent);
    return { kind: 'continued', input: decoded(end.getResult()?.getValue()), carried };
  }
  return ended(status, end.getResult()?.getValue(), end.getFailuredetails());
}

function ended(status: number, result: string | undefined, failure: pb.TaskFailureDetails | undefined): Action {
  if (status === pb.OrchestrationStatus.ORCHESTRATION_STATUS_COMPLETED) {
    return { kind: 'completed', output: decoded(result) };
  }
  return { kind: 'failed', errorType: failure?.getErrortype() ?? '', message: failure?.getErrormessage() ?? '' };
}

function eventOf(action: Action): HistoryEvent {
  switch (action.kind) {
    case 'activity':
      return ph.newTaskScheduledEvent(action.id, action.name, encoded(action.input));
    case 'child':
      return ph.newSubOrchestrationCreatedEvent(action.id, action.name, action.instanceId, encoded(action.input));
    case 'timer':
      return ph.newTimerCreatedEvent(action.id, new Date(action.fireAtMs));
    default: {
      const end = new pb.ExecutionCompletedEvent();
      const { COMPLETED, FAILED } = STATUS;
      end.setOrchestrationstatus(action.kind === 'completed' ? COMPLETED : FAILED);
      if (action.kind === 'completed') end.setResult(ph.getStringValue(encoded(action.output)));
      if (action.kind === 'failed') end.setFailuredetails(ph.newFailureDetails(new Error(action.message)));
      const event = new pb.HistoryEvent();
      event.setExecutioncompleted(end);
      return event;
    }
  }
}

const STATUS = {
  COMPLETED: pb.OrchestrationStatus.ORCHESTRATION_STATUS_COMPLETED,
  FAILED: pb.OrchestrationStatus.ORCHESTRATION_STATUS_FAILED,
};

function isStart(event: HistoryEvent): boolean {
  return event.hasTaskscheduled() || event.hasSuborchestrationinstancecreated() || event.hasTimercreated();
}

function answeredId(event: HistoryEvent): number | undefined {
  return (
    event.getTaskcompleted()?.getTaskscheduledid() ??
    event.getTaskfailed()?.getTaskscheduledid() ??
    event.getSuborchestrationinstancecompleted()?.getTaskscheduledid() ??
    event.getSuborchestrationinstancefailed()?.getTaskscheduledid() ??
    event.getTimerfired()?.getTimerid()
  );
}

/** Ids are unique over tasks, children and timers of one generation. */
function resolutionOf(event: HistoryEvent): number | undefined {
  return answeredId(event);
}

function encoded(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function decoded(text: string | undefined): unknown {
  return text === undefined || text === '' ? undefined : JSON.parse(text);
}
