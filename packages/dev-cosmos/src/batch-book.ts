/**
 * Counts the transactional batches of each container: the outside evidence of how near the workflows come to the limit of
 * 100 operations. What was asked is counted, also what is refused for its size.
 */
export interface BatchTotals {
  readonly batches: number;
  /** Operations of the largest one. */
  readonly largestBatch: number;
}

export class BatchBook {
  private readonly byContainer = new Map<string, BatchTotals>();

  /** `container` with its database: `AnalysisResult/EngineState`. */
  asked(container: string, operations: number): void {
    const { batches, largestBatch } = this.byContainer.get(container) ?? { batches: 0, largestBatch: 0 };
    this.byContainer.set(container, { batches: batches + 1, largestBatch: Math.max(largestBatch, operations) });
  }

  get state(): BatchTotals & { readonly containers: Readonly<Record<string, BatchTotals>> } {
    const all = [...this.byContainer.values()];
    return {
      batches: all.reduce((sum, { batches }) => sum + batches, 0),
      largestBatch: Math.max(0, ...all.map(({ largestBatch }) => largestBatch)),
      containers: Object.fromEntries(this.byContainer),
    };
  }
}
