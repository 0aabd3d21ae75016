import type { RunStatus } from './run';

/** Run statuses as Durable Functions knows them. */
export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

export const RUNTIME_STATUS: Readonly<Record<RunStatus, RuntimeStatus>> = {
  Queued: 'Pending',
  Counting: 'Running',
  AwaitingApproval: 'Running',
  Running: 'Running',
  Pausing: 'Running',
  Paused: 'Suspended',
  Cancelling: 'Running',
  Cancelled: 'Terminated',
  StoppedAtBudget: 'Suspended',
  Completed: 'Completed',
  CompletedWithErrors: 'Completed',
  Failed: 'Failed',
};
