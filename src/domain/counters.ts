/**
 * What a run counts, said once. Progress, ledger and receipt of a run, the schemas and texts of the API and the rows of the
 * command line derive from this list. The recipe "Add a counter" in CONTRIBUTING.md names the files of a new one.
 *
 * I1 A counter only adds up: that of a run is the sum over its chunks, that of a chunk the sum over its images.
 * I2 Absent is 0: what an older build has stored lacks the newer counters.
 */
export interface CounterDefinition {
  readonly unit: 'images' | 'requests' | 'transactions' | 'bytes';
  /** For people: title of a row. */
  readonly label: string;
  /** For people: one sentence, the description in the OpenAPI document. */
  readonly meaning: string;
}

/** What became of the images. Each image of a finished run is in exactly one of them. */
const IMAGES = {
  succeeded: { unit: 'images', label: 'succeeded', meaning: 'Images that have an analysis.' },
  failed: { unit: 'images', label: 'failed', meaning: 'Images whose analysis failed.' },
  skipped: { unit: 'images', label: 'skipped', meaning: 'Images that cannot be analysed.' },
  unchanged: { unit: 'images', label: 'unchanged', meaning: 'Images that needed no work.' },
  removed: {
    unit: 'images',
    label: 'removed',
    meaning: 'Images that left the results because their blobs are gone.',
  },
} as const satisfies Record<string, CounterDefinition>;

/** What it took. */
const WORK = {
  calls: { unit: 'requests', label: 'calls', meaning: 'Requests that Vision worked on.' },
  transactions: {
    unit: 'transactions',
    label: 'transactions',
    meaning: 'What Vision bills: features asked for, over all calls.',
  },
  cacheHits: {
    unit: 'images',
    label: 'cache hits',
    meaning: 'Images whose analysis was known already, so that no call was made.',
  },
  downloads: { unit: 'requests', label: 'downloads', meaning: 'Downloads of images that brought all bytes.' },
  bytesDownloaded: { unit: 'bytes', label: 'bytes downloaded', meaning: 'Bytes that these downloads brought.' },
  retries: {
    unit: 'requests',
    label: 'retries',
    meaning: 'Downloads, calls and saves that failed and were tried again.',
  },
  throttled: { unit: 'requests', label: 'throttled', meaning: 'Requests that Vision refused with 429.' },
} as const satisfies Record<string, CounterDefinition>;

export const COUNTERS = { ...IMAGES, ...WORK };

export type ImageCounter = keyof typeof IMAGES;
export type WorkCounter = keyof typeof WORK;
export type Counter = ImageCounter | WorkCounter;

export type Counters = Readonly<Record<Counter, number>>;
export type WorkCounters = Pick<Counters, WorkCounter>;

/** In the order in which they are shown. */
export const IMAGE_COUNTERS = Object.keys(IMAGES) as readonly ImageCounter[];
export const WORK_COUNTERS = Object.keys(WORK) as readonly WorkCounter[];
const ALL_COUNTERS: readonly Counter[] = [...IMAGE_COUNTERS, ...WORK_COUNTERS];

/** These counters of a vector, and nothing else of it; absent ones are 0 (I2). */
export function pickCounters<K extends Counter>(
  from: Readonly<Partial<Record<K, number>>>,
  names: readonly K[],
): Readonly<Record<K, number>> {
  const picked: Partial<Record<K, number>> = {};
  for (const name of names) picked[name] = from[name] ?? 0;
  return picked as Record<K, number>;
}

export const NO_COUNTERS: Counters = pickCounters({}, ALL_COUNTERS);
export const NO_WORK: WorkCounters = pickCounters({}, WORK_COUNTERS);

/** The sum of two vectors; absent counters are 0 (I2). */
export function add(a: Partial<Counters>, b: Partial<Counters>): Counters {
  return sumOf([a, b]);
}

/** The same, of what the work took alone. */
export function addWork(a: Partial<WorkCounters>, b: Partial<WorkCounters>): WorkCounters {
  return pickCounters(sumOf([a, b]), WORK_COUNTERS);
}

/**
 * The sum of any number of vectors; absent counters are 0 (I2). It is taken over every image of every chunk in work, several
 * times a second, so it adds in place.
 */
export function sumOf(vectors: Iterable<Partial<Counters>>): Counters {
  const sum: Record<Counter, number> = { ...NO_COUNTERS };
  for (const vector of vectors) {
    for (const name of ALL_COUNTERS) sum[name] += vector[name] ?? 0;
  }
  return sum;
}
