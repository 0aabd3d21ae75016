import { createHash } from 'node:crypto';
import type { Analyzer } from '../../domain/image/analysis';
import { offeredFeatures, spellFeature } from './features';
import { VISION_LIMITS } from './limits';
import type { VisionFailure, VisionGateway, VisionOutcome } from './port';

/**
 * A scripted Vision in memory for unit tests. Honest: it holds the same contract as the adapters (the contract suite
 * runs on it) and counts what it was asked, so that a test can say "each image once".
 */

export interface MemoryCall {
  /** Sha-256 of the image, hex. */
  readonly contentHash: string;
  readonly image: Uint8Array;
  readonly features: readonly string[];
  /** 1 for the first call with these bytes. */
  readonly attempt: number;
  /** 1 for the first call of all. */
  readonly number: number;
}

/** What to answer; undefined for the ordinary answer. May wait. */
export type MemoryScript = (call: MemoryCall) => VisionOutcome | undefined | Promise<VisionOutcome | undefined>;

export interface MemoryVision extends VisionGateway {
  /** Calls so far by content hash, failures included. */
  readonly callsByHash: ReadonlyMap<string, number>;
  readonly calls: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** Replaces the script from the next call on. */
  script(next: MemoryScript): void;
}

export interface MemoryVisionOptions {
  readonly analyzer?: Analyzer;
  readonly script?: MemoryScript;
  readonly latencyMs?: number;
}

const DEFAULT_ANALYZER: Analyzer = {
  provider: 'memory',
  version: '3.2+memory.1',
  features: ['Categories', 'Color', 'Description', 'Tags'],
  language: 'en',
};

const ABORTED: VisionFailure = {
  ok: false,
  code: 'vision-aborted',
  message: 'the call was given up by its caller',
  retryable: true,
};

export function createMemoryVision(options: MemoryVisionOptions = {}): MemoryVision {
  const analyzer = options.analyzer ?? DEFAULT_ANALYZER;
  const callsByHash = new Map<string, number>();
  let script: MemoryScript = options.script ?? (() => undefined);
  let calls = 0;
  let inFlight = 0;
  let maxInFlight = 0;

  async function answer(call: MemoryCall): Promise<VisionOutcome> {
    if (options.latencyMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.latencyMs));
    return (await script(call)) ?? ordinaryAnswer(call);
  }

  return {
    analyzer,
    limits: VISION_LIMITS['3.2'],
    offered: offeredFeatures('3.2'),
    spell: (feature) => spellFeature('3.2', feature),
    callsByHash,
    get calls() {
      return calls;
    },
    get inFlight() {
      return inFlight;
    },
    get maxInFlight() {
      return maxInFlight;
    },
    script(next) {
      script = next;
    },
    async analyze(image, { features = analyzer.features, signal } = {}) {
      if (signal?.aborted) return ABORTED;
      const contentHash = createHash('sha256').update(image).digest('hex');
      const attempt = (callsByHash.get(contentHash) ?? 0) + 1;
      callsByHash.set(contentHash, attempt);
      calls += 1;
      inFlight += 1;
      maxInFlight = Math.max(maxInFlight, inFlight);
      try {
        return await orAborted(answer({ contentHash, image, features, attempt, number: calls }), signal);
      } finally {
        inFlight -= 1;
      }
    },
    close() {},
  };
}

/** Words made of the content hash: different per image, the same for the same bytes. */
function ordinaryAnswer(call: MemoryCall): VisionOutcome {
  const word = `hash-${call.contentHash.slice(0, 2)}`;
  const requestId = `memory-${call.number}`;
  return {
    ok: true,
    httpStatus: 200,
    requestId,
    transactions: call.features.length,
    analysis: {
      requestId,
      ...(call.features.includes('Categories') && { categories: [] }),
      ...(call.features.includes('Tags') && { tags: [{ name: word, confidence: 1 }] }),
      ...(call.features.includes('Description') && {
        description: {
          tags: [word],
          captions: [{ text: `an image of ${call.image.length} bytes`, confidence: 1 }],
        },
      }),
    },
  };
}

function orAborted(outcome: Promise<VisionOutcome>, signal: AbortSignal | undefined): Promise<VisionOutcome> {
  if (signal === undefined) return outcome;
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(ABORTED);
    signal.addEventListener('abort', onAbort, { once: true });
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
