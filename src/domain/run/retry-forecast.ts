import type { Analyzer } from '../image/analysis';
import { stands } from '../image/classification';
import { insists, isCovered, type RetryFilter, type Tried } from './retry-filter';

/** Why a covered image is left, as it would only be refused again while its bytes are the same; undefined when it is tried. */
function whyNot(filter: RetryFilter, image: Tried, analyzer: Analyzer): string | undefined {
  if (insists(filter) || !stands(image, analyzer)) return undefined;
  return image.reason ?? image.error?.code ?? 'unknown';
}

/** Would a retry try this image again? */
export function willTry(filter: RetryFilter, image: Tried, analyzer: Analyzer): boolean {
  return isCovered(filter, image) && whyNot(filter, image, analyzer) === undefined;
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
    const reason = whyNot(this.filter, image, this.analyzer);
    if (reason === undefined) this.willRetry += 1;
    else this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }

  forecast(): RetryForecast {
    const willNot = [...this.refused].map(([reason, count]) => ({ reason, count }));
    return { willRetry: this.willRetry, willNot: willNot.sort((a, b) => b.count - a.count) };
  }
}
