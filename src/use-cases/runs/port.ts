import type { IdentitySource } from '../../domain/access/principal';
import type { ApprovalRule } from '../../domain/run/approval';
import type { AuditEntry } from '../../domain/run/audit';
import type { OutcomeFilter } from '../../domain/run/ledger';
import type { PhaseTimes, Receipt, ReceiptReport } from '../../domain/run/receipt';
import type { ImageOutcome } from '../../domain/run/report';
import type { RetryFilter, RetryScope } from '../../domain/run/retry-filter';
import type { RetryForecast } from '../../domain/run/retry-forecast';
import type { RunView } from '../../domain/run/run';
import type { RunStep } from '../../domain/run/steps';
import type { Page, PageRequest } from '../../domain/page';
import type { RunFilter } from '../../gateways/runs/port';

/** Starting runs, speaking to them, and what they did image by image and step by step. A page holds 1 to 100. */
export interface RunUseCases {
  /**
   * @throws AppError invalid-container-name, system-container, container-not-found, container-forbidden,
   *   run-active (context.existingRun = id; also while another run has the chosen id), storage-unavailable, sidecar-unavailable, not-ready
   */
  startRun(command: StartRunCommand): Promise<RunView>;
  /** Live numbers while it goes on. @throws AppError run-not-found */
  getRun(id: string): Promise<RunView>;
  /** Newest first by `startedAt`. */
  listRuns(filter: RunFilter, page: PageRequest): Promise<Page<RunView>>;
  /** Idempotent. @throws AppError run-not-found, command-refused (context.runStatus) */
  controlRun(command: ControlCommand): Promise<RunView>;
  /** Idempotent. @throws AppError run-not-found, command-refused, plan-changed */
  approveRun(command: ApproveCommand): Promise<RunView>;
  /** Oldest first, at most 100. @throws AppError run-not-found */
  getAudit(id: string): Promise<readonly AuditEntry[]>;
  /** What a retry would try. @throws AppError run-not-found, command-refused (it goes on), invalid-request (prefix) */
  forecastRetry(command: Pick<RetryCommand, 'id' | 'filter'>): Promise<RetryForecast>;
  /** @throws AppError nothing-to-retry, and as forecastRetry and startRun */
  retryRun(command: RetryCommand): Promise<RunView>;
  /** The same input again, as another run. @throws AppError run-not-found, run-active with `sameId`, and as startRun */
  restartRun(command: RestartCommand): Promise<RunView>;
  /** What is recorded of a run's course: what the Durable Functions status shows. @throws AppError run-not-found */
  getCourse(id: string): Promise<RunCourse>;
  /** Forgets a run that has ended: index, reports, receipt, engine. False while it goes on. @throws AppError run-not-found */
  purgeRun(id: string): Promise<boolean>;
  /**
   * A page may hold fewer than asked for, even none, and not be the last.
   * @throws AppError run-not-found, invalid-request (continuation)
   */
  listRunImages(id: string, filter: OutcomeFilter, page: PageRequest): Promise<Page<ImageOutcome>>;
  /** Every line, some at a time. @throws AppError run-not-found */
  readRunReport(id: string): Promise<AsyncIterable<readonly ImageOutcome[]>>;
  /** Phases, pages and chunks in the order of the run. @throws AppError run-not-found, invalid-request (continuation) */
  listRunSteps(id: string, page: PageRequest): Promise<Page<RunStep>>;
  /** What a run did and cost, once it has ended. @throws AppError run-not-found, receipt-not-found */
  getReceipt(id: string): Promise<ReceiptRead>;
}

/** What a run is started with. */
export interface StartRunCommand {
  /** Chosen by the caller: an instance id (domain/run/instance-id.ts). Absent: a new one. */
  readonly id?: string;
  readonly container: string;
  readonly prefix?: string;
  /** What Vision is asked for, in any case. Absent: as configured. @throws AppError invalid-request for what it does not have */
  readonly features?: readonly string[];
  readonly confirmShrink?: boolean;
  /** Absent: as configured. */
  readonly approval?: ApprovalRule;
  /** Transactions it may spend, 0 or more. Absent: no cap of its own. */
  readonly maxTransactions?: number;
  /** Only images that an earlier run left failed or skipped. */
  readonly retry?: RetryScope;
  /** Id of that run. */
  readonly retryOf?: string;
}

/** What is recorded of the course of a run. */
export interface RunCourse {
  readonly run: RunView;
  /** When each phase began, as far as it is known. */
  readonly phases: PhaseTimes;
  readonly audit: readonly AuditEntry[];
}

/** A receipt, and the reports that it adds up. */
export interface ReceiptRead {
  readonly receipt: Receipt;
  /** As many as the run has chunks: read page by page. */
  readonly reports: AsyncIterable<readonly ReceiptReport[]>;
}

/** What is said to a run, and who says it. */
export interface Said {
  readonly id: string;
  readonly who: string;
  /** How that name is known. */
  readonly how?: IdentitySource;
  readonly reason?: string;
}

/** A word of an owner to a run that goes on. */
export interface ControlCommand extends Said {
  readonly verb: 'pause' | 'resume' | 'cancel' | 'decline';
  /** With `resume`: another cap from now on, in transactions. */
  readonly maxTransactions?: number;
}

/** Consent to a plan. */
export interface ApproveCommand extends Omit<Said, 'reason'> {
  /** Of the quote that is consented to. */
  readonly planHash: string;
  /** Transactions it may spend; absent: as it was started. */
  readonly maxTransactions?: number;
}

/** Starts the same again. */
export interface RestartCommand extends Omit<Said, 'reason'> {
  /** The new run takes the instance id of the first, which must have ended: its records are purged. */
  readonly sameId?: boolean;
}

/** Tries again what failed or was skipped. */
export interface RetryCommand extends Said {
  readonly filter: RetryFilter;
  /** Absent: as of the run that is tried again. */
  readonly maxTransactions?: number;
}
