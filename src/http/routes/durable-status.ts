import { defined } from '../../domain/defined';
import { pickCounters, WORK_COUNTERS } from '../../domain/counters';
import { isFinal, RUN_PHASES, type RunPhase, type RunView } from '../../domain/run/run';
import type { TUTORIAL_ALIASES } from '../../names';
import type { DurableStatusBody } from '../../contract/schemas/durable';
import { RUNTIME_STATUS } from '../../domain/run/runtime-status';
import type { RunCourse } from '../../use-cases/runs/port';

/**
 * A run in the words of Durable Functions. The order of the fields is part of the contract.
 *
 * Source: HttpApiHandler and DurableTask history shaping of the Durable Task extension 2.13.
 */

/** Under which name the run was started: readers of the tutorial look for this one. */
export const ORCHESTRATOR = 'O_ProccessImage' satisfies keyof typeof TUTORIAL_ALIASES;

export function durableStatus(run: RunView, showInput: boolean): DurableStatusBody {
  const { status, phase } = run;
  const progress = progressOf(run);
  return {
    name: ORCHESTRATOR,
    instanceId: run.id,
    runtimeStatus: RUNTIME_STATUS[status],
    input: showInput ? inputOf(run) : null,
    customStatus: { phase, ...progress },
    output: isFinal(status) ? outputOf(run) : null,
    createdTime: wholeSeconds(run.startedAt),
    lastUpdatedTime: wholeSeconds(run.updatedAt),
  };
}

/** What names the same images in a start: the container, and what narrows it where something does. */
function inputOf({ container, prefix, retry }: RunView): NonNullable<DurableStatusBody['input']> {
  if (prefix === '' && retry === undefined) return container;
  return { container, ...(prefix !== '' && { prefix }), ...defined({ retry }) };
}

function progressOf(run: RunView) {
  return { status: run.status, counts: run.counts, ...pickCounters(run, WORK_COUNTERS) };
}

export function outputOf(run: RunView): NonNullable<DurableStatusBody['output']> {
  const { removed, failureGroups, reason } = run;
  return { ...progressOf(run), removed, failureGroups, reason: reason ?? null };
}

export type HistoryEvent = NonNullable<DurableStatusBody['historyEvents']>[number];

export interface HistoryOptions {
  readonly showInput: boolean;
  readonly showOutput: boolean;
}

/** What a reader of the tutorial knows each phase as. */
const STEP_NAMES: Readonly<Partial<Record<RunPhase, string>>> = {
  snapshot: 'A_GetBlockBlobStorageItemsUris',
  quote: 'write-quote',
  approve: 'seek-approval',
  analyze: 'A_AnalizeImage',
  finish: 'close-run',
};

/** Our own records as a history: a finished step is one TaskCompleted, the one that runs a TaskScheduled. */
export function historyEvents({ run, phases, audit }: RunCourse, options: HistoryOptions): HistoryEvent[] {
  const raised = audit.map(({ at, verb, reason, who }) => ({
    EventType: 'EventRaised',
    ...(options.showInput && { Input: { who, ...defined({ reason }) } }),
    Name: verb,
    Timestamp: at,
  }));
  const events: HistoryEvent[] = [
    {
      EventType: 'ExecutionStarted',
      FunctionName: ORCHESTRATOR,
      ...(options.showInput && { Input: inputOf(run) }),
      Timestamp: run.startedAt,
    },
    ...steps(run, phases, options),
    ...raised,
  ];
  if (isFinal(run.status)) {
    events.push({
      EventType: 'ExecutionCompleted',
      OrchestrationStatus: RUNTIME_STATUS[run.status],
      ...(options.showOutput && { Result: outputOf(run) }),
      Timestamp: run.endedAt ?? run.updatedAt,
    });
  }
  return events.sort((a, b) => Date.parse(a.Timestamp) - Date.parse(b.Timestamp));
}

function steps(run: RunView, phases: RunCourse['phases'], { showOutput }: HistoryOptions): HistoryEvent[] {
  const known = RUN_PHASES.flatMap((phase) => {
    const [name, beganAt] = [STEP_NAMES[phase], phases[phase]];
    return name === undefined || beganAt === undefined ? [] : [{ name, beganAt }];
  });
  return known.map(({ name, beganAt }, index) => {
    const endedAt = known[index + 1]?.beganAt ?? run.endedAt;
    if (endedAt === undefined) return { EventType: 'TaskScheduled', Name: name, Timestamp: beganAt };
    return {
      EventType: 'TaskCompleted',
      FunctionName: name,
      ScheduledTime: beganAt,
      ...(showOutput && { Result: null }),
      Timestamp: endedAt,
    };
  });
}

function wholeSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
