import type { ContainerQuote } from '../../domain/money/container-quote';
import type { WaitedFor } from '../operations/port';
import type { StartRunCommand } from '../runs/port';

/** What a run would cost, before it is started. */
export interface QuoteUseCases {
  /** Lists and compares, calls nothing. @throws AppError as startRun */
  quote(command: QuoteCommand): Promise<ContainerQuote>;
  /**
   * Analyses some images first: calls, and spends. The same sample is taken once at a time.
   * @throws AppError as startRun, and approval-needed, month-used-up, vision-unauthorized, vision-forbidden
   */
  sampleQuote(command: SampleCommand): Promise<WaitedFor<ContainerQuote>>;
}

/** What is to be priced. */
export interface QuoteCommand extends Pick<StartRunCommand, 'features'> {
  readonly container: string;
  /** Only names that begin with it; absent: all. */
  readonly prefix?: string;
}

/** What is to be priced after some images were analysed. */
export interface SampleCommand extends QuoteCommand {
  /** Images to analyse first: 1 to MAX_SAMPLE (domain/money/sample.ts). */
  readonly sample: number;
  /** Whoever asks may approve, and consents to what it costs. Absent: it counts among the samples that nobody approved. */
  readonly isApproved?: true;
}
