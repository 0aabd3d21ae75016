import type { Analyzer } from './analysis';
import { stands } from './classification';
import { insists, isCovered, type RetryFilter, type Tried } from './retry-filter';

/** Why trying again would only be refused again, while the bytes are the same; undefined when it may help. */
export function whyNot(image: Tried, analyzer: Analyzer): string | undefined {
  if (!stands(image, analyzer)) return undefined;
  return image.reason ?? image.error?.code ?? 'unknown';
}

export interface RetryForecast {
  readonly willRetry: number;
  readonly willNot: readonly { readonly reason: string; readonly count: number }[];
}

/** What a retry would do, from the stored images alone. */
export class RetryTally {
  private willRetry = 0;
  private readonly refused = new Map<string, number>();

  constructor(
    private readonly filter: RetryFilter,
    private readonly analyzer: Analyzer,
  ) {}

  add(image: Tried): void {
    if (!isCovered(this.filter, image)) return;
    const reason = insists(this.filter) ? undefined : whyNot(image, this.analyzer);
    if (reason === undefined) this.willRetry += 1;
    else this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }

  forecast(): RetryForecast {
    const willNot = [...this.refused].map(([reason, count]) => ({ reason, count }));
    return { willRetry: this.willRetry, willNot: willNot.sort((a, b) => b.count - a.count) };
  }
}
