import type { ApprovalRule } from '../domain/run/approval';
import type { AuditEntry } from '../domain/run/audit';
import type { ContainerEntry, ImageTotals } from '../domain/container/container-entry';
import type { ContainerQuote } from '../domain/money/container-quote';
import type { ImageDocument } from '../domain/image/image';
import type { PhaseTimes } from '../domain/run/receipt';
import type { RetryFilter, RetryScope } from '../domain/run/retry-filter';
import type { RetryForecast } from '../domain/run/retry-forecast';
import type { RunStatus, RunView } from '../domain/run/run';
import type { ActivityEntry } from '../gateways/activity-log/port';
import type { ImageFilter, Page, PageRequest } from '../gateways/results/port';
import type { RunFilter } from '../gateways/runs/port';
import type { QuotaUseCases } from './quota-use-cases';
import type { HistoryUseCases, WaitedFor } from './history-use-cases';
import type { WatchUseCases } from './watch-use-cases';

/**
 * What the HTTP shell can ask of the application. Every handler translates, calls one of these, and translates back.
 * All of them throw AppError only.
 */
export interface UseCases extends HistoryUseCases, QuotaUseCases, WatchUseCases {
  /**
   * @throws AppError invalid-container-name, system-container, container-not-found, container-forbidden,
   *   run-active (context.existingRun = id), storage-unavailable, sidecar-unavailable, not-ready
   */
  startRun(command: StartRunCommand): Promise<RunView>;
  /** @throws AppError run-not-found */
  getRun(id: string): Promise<RunView>;
  listRuns(filter: RunFilter, page: PageRequest): Promise<Page<RunView>>;
  /** Containers that were ever analysed, by name, from the read model. */
  listContainers(page: PageRequest): Promise<Page<ContainerEntry>>;
  /** Totals of the container actor. @throws AppError container-not-found when neither blobs nor results know it */
  getContainer(container: string): Promise<ContainerSummary>;
  listImages(container: string, filter: ImageFilter, page: PageRequest): Promise<Page<ImageDocument>>;
  /** @throws AppError image-not-found */
  getImage(container: string, blob: string): Promise<ImageDocument>;
  listActivity(container: string, page: PageRequest): Promise<Page<ActivityEntry>>;
  /** Name of the workflow behind a run and its two times: what the Durable Functions status shows. */
  health(): Promise<HealthReport>;
  /** Idempotent. @throws AppError run-not-found, command-refused (context.runStatus) */
  controlRun(command: ControlCommand): Promise<RunView>;
  /** Idempotent. @throws AppError run-not-found, command-refused, plan-changed */
  approveRun(command: ApproveCommand): Promise<RunView>;
  /** Oldest first, at most 100. @throws AppError run-not-found */
  getAudit(id: string): Promise<readonly AuditEntry[]>;
  /** Lists and compares, calls nothing. @throws AppError as startRun */
  quote(command: QuoteCommand): Promise<ContainerQuote>;
  /**
   * Analyses some images first: calls, and spends. The same sample is taken once at a time.
   * @throws AppError as startRun, and month-used-up, vision-unauthorized, vision-forbidden
   */
  sampleQuote(command: SampleCommand): Promise<WaitedFor<ContainerQuote>>;
  /** @throws AppError run-not-found, command-refused (not finished), invalid-request */
  forecastRetry(command: Pick<RetryCommand, 'id' | 'filter'>): Promise<RetryForecast>;
  /** @throws AppError nothing-to-retry, and as forecastRetry and startRun */
  retryRun(command: RetryCommand): Promise<RunView>;
  /** The same input again, as another run. @throws AppError run-not-found, and as startRun */
  restartRun(command: RestartCommand): Promise<RunView>;
  /** What is recorded of a run's course. @throws AppError run-not-found */
  getCourse(id: string): Promise<RunCourse>;
  /** Forgets a run that has ended: index, reports, receipt, engine. False while it goes on. @throws AppError run-not-found */
  purgeRun(id: string): Promise<boolean>;
}

export interface StartRunCommand {
  /** Chosen by the caller; an id is used once. Absent: a new one. */
  readonly id?: string;
  readonly container: string;
  readonly prefix?: string;
  /** What Vision is asked for, in any case. Absent: as configured. @throws AppError invalid-request for what it does not have */
  readonly features?: readonly string[];
  readonly confirmShrink?: boolean;
  /** Absent: as configured. */
  readonly approval?: ApprovalRule;
  readonly maxTransactions?: number;
  /** Only images that an earlier run left failed or skipped. */
  readonly retry?: RetryScope;
  readonly retryOf?: string;
}

export interface RunCourse {
  readonly run: RunView;
  /** When each phase began, as far as it is known. */
  readonly phases: PhaseTimes;
  readonly audit: readonly AuditEntry[];
}

/** What is said to a run, and who says it. */
export interface Said {
  readonly id: string;
  readonly who: string;
  readonly reason?: string;
}

export interface ControlCommand extends Said {
  readonly verb: 'pause' | 'resume' | 'cancel' | 'decline';
  /** With `resume`: another cap from now on. */
  readonly maxTransactions?: number;
}

export interface ApproveCommand extends Omit<Said, 'reason'> {
  readonly planHash: string;
  readonly maxTransactions?: number;
}

export type RestartCommand = Omit<Said, 'reason'>;

export interface RetryCommand extends Said {
  readonly filter: RetryFilter;
  /** Absent: as of the run that is tried again. */
  readonly maxTransactions?: number;
}

export interface QuoteCommand extends Pick<StartRunCommand, 'features'> {
  readonly container: string;
  readonly prefix?: string;
}

export interface SampleCommand extends QuoteCommand {
  /** Images to analyse first: 1 to MAX_SAMPLE. */
  readonly sample: number;
}

export interface ContainerSummary {
  readonly container: string;
  readonly images: ImageTotals;
  readonly bytes: number;
  readonly formats: Readonly<Record<string, number>>;
  readonly categories: Readonly<Record<string, number>>;
  readonly colors: Readonly<Record<string, number>>;
  readonly analyzers: Readonly<Record<string, number>>;
  /** Most frequent first, then by name; at most 100. `meanConfidence` 0..1, absent where Vision gave none. */
  readonly tags: readonly { readonly name: string; readonly count: number; readonly meanConfidence?: number }[];
  readonly activeRun?: string;
  readonly lastRun?: string;
}

export interface HealthReport {
  /** May this replica take traffic? Its own worker and sidecar count; Azure does not. */
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

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
