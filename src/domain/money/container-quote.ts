import type { Quote } from './quote';
import type { Sample } from './sample';

/** What a run would cost if it were started now. */
export interface ContainerQuote extends Omit<Quote, 'images' | 'duration'> {
  readonly container: string;
  readonly prefix: string;
  readonly features: readonly string[];
  readonly planHash: string;
  readonly expiresAt: string;
  /** `cached`: answers that are known, so that no call will be made. */
  readonly images: Quote['images'] & { readonly cached: number };
  /** `atObservedSeconds`: at the pace of the container's last run that made calls. */
  readonly duration: Quote['duration'] & { readonly atObservedSeconds?: number };
  /** Present when some images were analysed first; the quote speaks of what is left. */
  readonly sample?: Sample;
}
