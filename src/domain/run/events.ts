import { EVENT_TYPES } from '../../names';
import type { RunCounts, RunStatus } from './run';

/** Published on topic `contactsheet.runs` as CloudEvents 1.0; delivered at least once, deduplicated by `id`. */
export interface RunEvent {
  /** Deterministic: `<run>/<name>`. The same fact announced twice has the same id; a run whose id is used again has others. */
  readonly id: string;
  readonly type: (typeof EVENT_TYPES)[keyof typeof EVENT_TYPES];
  /** `containers/<container>/runs/<runId>` */
  readonly subject: string;
  readonly time: string;
  readonly data: RunEventData;
}

export interface RunEventData {
  /** The id that its caller knows it by. */
  readonly runId: string;
  readonly container: string;
  readonly status: RunStatus;
  readonly counts?: RunCounts;
  readonly reason?: string;
  /** Of a run that asks for approval: what to approve, until when, and how (paths of the API). */
  readonly approval?: {
    readonly planHash: string;
    readonly transactions: number;
    readonly price: { readonly total: number; readonly currency: string };
    readonly expiresAt: string;
    readonly links: { readonly run: string; readonly approve: string; readonly decline: string };
  };
}

export type RunEventName = 'run-started' | 'approval-requested' | 'run-completed' | 'run-failed';

const TYPES: Readonly<Record<RunEventName, RunEvent['type']>> = {
  'run-started': EVENT_TYPES.runStarted,
  'approval-requested': EVENT_TYPES.approvalRequested,
  'run-completed': EVENT_TYPES.runCompleted,
  'run-failed': EVENT_TYPES.runFailed,
};

/** `runId`: the one inside, which no other run ever has (instance-id.ts). */
export function runEvent(name: RunEventName, time: string, data: RunEventData, runId = data.runId): RunEvent {
  return {
    id: `${runId}/${name}`,
    type: TYPES[name],
    subject: `containers/${data.container}/runs/${data.runId}`,
    time,
    data,
  };
}
