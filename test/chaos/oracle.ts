import { CosmosClient } from '@azure/cosmos';
import { BlobServiceClient } from '@azure/storage-blob';
import { createClient, jsonLines, taken } from '../../src/contract';
import { addInto, differences } from '../../src/domain/container/totals';
import { contributionOf, type ImageDocument } from '../../src/domain/image/image';
import type { Receipt } from '../../src/domain/run/receipt';
import type { RunView } from '../../src/domain/run/run';
import type { CallTime } from '../../packages/dev-vision/src/call-book';
import { COSMOS } from '../../src/names';
import { summaryOf } from '../../src/use-cases/containers/container-queries';
import { heldBack, lateCalls, overspent, unaskedRemovals } from './breaches';

/**
 * Reads only outside evidence (the blob listing, local Vision's own book, the documents, the totals the API shows, the
 * activity that came back from pub/sub) and says which invariant of the design does not hold.
 *
 * I1 exactly one document per listed blob, and none besides but removed ones and those that a shrunken listing did not
 * show · I2 totals = recount · I3 calls a content <= 1 + what crashes may cost · I4 a completed run is announced · I6 no
 * call inside Retry-After · I8 every image that failed or was skipped has a reason · I9 no call a lease after a pause or a
 * cancel, where no other run calls beside it · I10 no more than the run's cap is spent · I11 without consent a run removes
 * no more than a listing may lose · the counts of a finished run add up · its receipt says the same, that its own recount
 * was clean, and of every answer that Vision may bill · its report has one line for each listed blob.
 *
 * Not here, as what is left when a run has ended does not show it: I5 (a stated reason for silence, `faults/stated-reasons`;
 * how long each blow silences a run, `kill-scenario`) and I7 (`engine/five-thousand` counts rows and operations,
 * `npm run scale` measures memory). Caps of a month are `cap-under-kills`.
 */
export interface Evidence {
  readonly endpoints: {
    readonly api: string;
    /** Where the API asks for one. */
    readonly apiKey?: string;
    readonly blobConnectionString: string;
    readonly cosmos: { readonly endpoint: string; readonly key: string };
    readonly vision: { readonly endpoint: string };
  };
  readonly container: string;
  readonly runId: string;
  /** Calls that crashes may have repeated at most; 0 without crash. */
  readonly repeatable?: number;
  /** Answers by content of Vision processes that died: what each had answered is known to its own book alone. */
  readonly booksBefore?: readonly Readonly<Record<string, number>>[];
  /** Vision's books tell of this run and no other. */
  readonly alone?: true;
  /** No other run called Vision beside this one; before and after it others may have. */
  readonly oneByOne?: true;
  /** The run was started with `confirmShrink`. */
  readonly confirmShrink?: boolean;
}

export interface Verdict {
  readonly violations: readonly string[];
  readonly calls: number;
  readonly repeated: number;
  readonly documents: number;
}

export async function judge(evidence: Evidence): Promise<Verdict> {
  const { endpoints, container, runId, repeatable = 0, booksBefore = [], alone, oneByOne, confirmShrink } = evidence;
  const violations: string[] = [];
  const expect = (holds: boolean, violation: string) => {
    if (!holds) violations.push(violation);
  };
  const headers = endpoints.apiKey === undefined ? {} : { authorization: `Bearer ${endpoints.apiKey}` };
  const client = createClient({ address: endpoints.api, headers });
  const run = taken(await client.getRun({ params: { id: runId } })) as RunView;
  const listed = await namesOf(endpoints.blobConnectionString, container);
  const documents = await documentsOf(endpoints.cosmos, container);
  const present = documents.filter((document) => document.status !== 'removed');

  const byName = new Map(present.map((document) => [document.blob, document]));
  expect(byName.size === present.length, `I1: ${present.length - byName.size} blobs have more than one document`);
  const absent = listed.filter((name) => !byName.has(name));
  expect(absent.length === 0, `I1: ${absent.length} listed blobs have no document: ${absent.slice(0, 3)}`);
  const names = new Set(listed);
  const orphans = present.filter((document) => !names.has(document.blob));
  const held = heldBack(run);
  expect(
    orphans.length === held,
    `I1: ${orphans.length} documents without blob, ${held} held back: ${orphans.slice(0, 3).map((d) => d.blob)}`,
  );

  const counted: Record<string, number> = {};
  for (const document of documents) addInto(counted, contributionOf(document));
  const shown = taken(await client.getContainer({ params: { container } }));
  for (const field of ['images', 'bytes', 'formats', 'categories', 'colors', 'analyzers', 'tags'] as const) {
    const expected = JSON.stringify(summaryOf(container, counted)[field]);
    expect(
      canonical(shown[field]) === canonical(JSON.parse(expected)),
      `I2: totals of ${field} differ from the recount`,
    );
  }
  const stored: Record<string, number> = {};
  for (const document of documents) addInto(stored, document.contribution);
  expect(differences(counted, stored).length === 0, 'I2: stored contributions differ from what the documents say');

  const stats = await json(`${endpoints.vision.endpoint}/stats?detail=hashes`);
  const books = [...booksBefore, stats.byHash as Record<string, number>];
  const repeated = repeatedIn(books);
  expect(repeated <= repeatable, `I3: ${repeated} calls repeated, at most ${repeatable} allowed`);
  expect(Number(stats.insideRetryAfter) === 0, `I6: ${stats.insideRetryAfter} calls inside an announced Retry-After`);

  const { total, succeeded, failed, skipped, unchanged, inFlight } = run.counts;
  expect(run.status.startsWith('Completed'), `the run ended ${run.status}: ${run.reason}`);
  expect(total === listed.length, `the run counts ${total} images, the container has ${listed.length}`);
  expect(succeeded + failed + skipped + unchanged === total, `counts do not add up: ${JSON.stringify(run.counts)}`);
  expect(inFlight === 0, `${inFlight} images in flight after the end`);

  const receipt = taken(await client.getReceipt({ params: { id: runId } })) as Receipt;
  expect(canonical(receipt.counts) === canonical(run.counts), 'the receipt counts otherwise than the run');
  const answers = books.flatMap((book) => Object.values(book)).reduce((sum, count) => sum + count, 0);
  const told = receipt.calls + receipt.maybeBilledCount;
  expect(!alone || answers <= told, `Vision answered ${answers} calls, the receipt tells of ${told}`);
  expect(receipt.recount.clean, `I2: the run's own recount found ${receipt.recount.count} differences`);
  violations.push(...overspent(run, receipt, alone ? Number(stats.transactions) : 0));
  if (!confirmShrink) violations.push(...unaskedRemovals(run, documents));
  if (alone || oneByOne) {
    const { value: audit } = taken(await client.getAudit({ params: { id: runId } }));
    const { times } = await json(`${endpoints.vision.endpoint}/stats?detail=times`);
    const starts = (times as readonly CallTime[]).map(([startMs]) => startMs);
    const untilMs = alone ? Number.POSITIVE_INFINITY : Date.parse(run.endedAt ?? '');
    violations.push(...lateCalls(audit, starts, untilMs));
  }

  const report = (await linesOf(taken(await client.getRunReport({ params: { id: runId } })))).filter(
    ({ listed: was }) => was,
  );
  const lines = new Set(report.map(({ blob }) => blob));
  const untold = listed.filter((name) => !lines.has(name));
  expect(untold.length === 0, `the report has no line for ${untold.length} images: ${untold.slice(0, 3)}`);
  expect(report.length === lines.size, `the report has ${report.length - lines.size} lines too many`);

  const activity = taken(await client.listActivity({ params: { container } }));
  const ids = activity.value.map(({ id }) => id);
  expect(ids.includes(`${runId}/run-completed`), 'I4: run-completed was not delivered');
  expect(new Set(ids).size === ids.length, 'I4: an event stands twice in the activity log');

  const unexplained = present.filter((document) => document.status !== 'succeeded' && !document.reason);
  expect(unexplained.length === 0, `I8: ${unexplained.length} images without analysis have no reason`);

  return { violations, calls: Number(stats.calls), repeated, documents: present.length };
}

async function namesOf(connectionString: string, container: string): Promise<string[]> {
  const names: string[] = [];
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  for await (const page of client.listBlobsFlat().byPage({ maxPageSize: 5_000 })) {
    names.push(...page.segment.blobItems.map(({ name }) => name));
  }
  return names;
}

export async function documentsOf(
  settings: { readonly endpoint: string; readonly key: string },
  container: string,
): Promise<ImageDocument[]> {
  const client = new CosmosClient(settings);
  try {
    const { items } = client.database(COSMOS.database).container(COSMOS.images.id);
    const query = items.query<ImageDocument>('SELECT * FROM c', { partitionKey: container, maxItemCount: 1_000 });
    return (await query.fetchAll()).resources;
  } finally {
    client.dispose();
  }
}

interface Line {
  readonly blob: string;
  readonly listed: boolean;
}

async function linesOf(report: AsyncIterable<Uint8Array>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of jsonLines<Line>(report)) lines.push(line);
  return lines;
}

async function json(url: string): Promise<Record<string, unknown>> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`GET ${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** Answers beyond the first of each content, over all books. */
function repeatedIn(books: readonly Readonly<Record<string, number>>[]): number {
  const answers = new Map<string, number>();
  for (const book of books) {
    for (const [hash, count] of Object.entries(book)) answers.set(hash, (answers.get(hash) ?? 0) + count);
  }
  return [...answers.values()].reduce((sum, count) => sum + count - 1, 0);
}

/** Key order says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
