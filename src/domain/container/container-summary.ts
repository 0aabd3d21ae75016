import type { ImageTotals } from './container-entry';

/** The totals of a container in the names of the API. */
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
