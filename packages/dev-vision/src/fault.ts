import { z } from 'zod';

/**
 * Faults armed by a test: "the next three calls with these bytes are reset".
 *
 * I1 A fault fires at most `times` times, and says how often it did, so that a test can assert that it fired at all.
 * I2 The first armed fault that matches is taken, in the order of arming.
 */
export const FAULT_BEHAVIOURS = [
  '429', // Retry-After: 1; `429-3` and the like: so many seconds
  '429-date', // Retry-After as an HTTP date, two seconds ahead
  '429-zero',
  '429-no-header',
  '429-huge', // Retry-After: 1000000
  'out-of-volume', // 403 of API Management, with the time until the volume is renewed
  'feature-not-in-region', // 400 of 4.0, in words alone
  'language-not-supported',
  'access-not-approved', // for features behind Limited Access
  'tier-without-operation',
  'key-refused',
  'timeout-400', // 400 with the inner code Timeout
  'html-200',
  'truncated-json', // a complete answer of incomplete JSON
  'cut-body', // announces more than it sends, then closes
  'proto',
  'wrong-type',
  'nan',
  'empty-200',
  'redirect',
  'slow-loris', // one byte a second
  'reset', // closes without an answer, before any work
  'reset-after', // does the work (billed), then closes without an answer
  'huge-json', // 50 MB
  'hang', // never answers
] as const;

const behaviour = z.union([z.enum(FAULT_BEHAVIOURS), z.string().regex(/^status-[345]\d\d$|^429-\d{1,3}$/)]);

const faultSchema = z.strictObject({
  behaviour,
  /** How often; default once. */
  times: z.number().int().min(1).max(1_000_000_000).default(1),
  /** Sha-256 of the image, hex: fires for these bytes alone. */
  match: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Fires for this share of the matching calls, evenly spread: 0.3 is the 4th, 7th, 10th, 14th, ... */
  share: z.number().gt(0).max(1).default(1),
  /** Ends so long after it was armed. */
  forMs: z.number().int().min(1).optional(),
});

export const faultsSchema = z.union([z.array(faultSchema).max(1000), faultSchema.transform((fault) => [fault])]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;

interface Armed {
  readonly fault: Fault;
  readonly endsAtMs: number;
  fired: number;
  /** Calls that matched so far. */
  met: number;
}

export class FaultList {
  private armed: Armed[] = [];

  arm(faults: readonly Fault[], nowMs: number): void {
    for (const fault of faults) {
      this.armed.push({ fault, endsAtMs: nowMs + (fault.forMs ?? Number.POSITIVE_INFINITY), fired: 0, met: 0 });
    }
  }

  /** Returns what to do instead of the ordinary answer. */
  take(hash: string, nowMs: number): string | undefined {
    for (const armed of this.armed) {
      const { match, times, share } = armed.fault;
      if (armed.fired >= times || nowMs >= armed.endsAtMs || (match !== undefined && match !== hash)) continue;
      armed.met += 1;
      if (dueBy(armed.met, share) === dueBy(armed.met - 1, share)) continue;
      armed.fired += 1; // I1
      return armed.fault.behaviour;
    }
    return undefined;
  }

  list(): readonly (Fault & { readonly fired: number })[] {
    return this.armed.map(({ fault, fired }) => ({ ...fault, fired }));
  }

  clear(): void {
    this.armed = [];
  }
}

/** How many of the first `met` calls are to fail. The nudge keeps 10 x 0.3 from being 2.999. */
const dueBy = (met: number, share: number): number => Math.floor(met * share + 1e-9);
