/**
 * The tutorial's own walk over the sample pictures, through the public API and through the sidecar.
 *
 * 1. The starter answers 202 with where to ask; the status says 202 until the end and 200 then.
 * 2. While a run is active a second start is refused with 409 and the first one's id.
 * 3. Every blob has its document; the three pictures that Vision cannot take say why; totals are a recount.
 * 4. Images are found by status, by tag and by name, whatever stands in the name, directly and through the sidecar.
 * 5. A run is announced once at its start and once at its end.
 * 6. A second run over the same blobs calls and downloads nothing.
 * 7. What is measured on the way agrees with what the run says.
 * 8. Requests that make no sense get a problem with a cure; each listener serves what is its own.
 */
import { get } from 'node:http';
import { ENDPOINTS, pathOf } from '../../../src/contract';
import type { ImageDocument } from '../../../src/domain/image/image';
import { createPortBook } from '../../../packages/dev-stack/src/ports';
import { SAMPLE_CONTAINER, sampleFiles, uploadSamples } from '../../../packages/dev-stack/src/sample-pictures';
import { APP_ID } from '../../../src/names';
import { exempt, WITHOUT_APP_TOKEN } from '../../answers/exemptions';
import { eventually, startTestStack, type TestStack } from '../framework';
import { activityIds, ask, blobs, documents, ended, runOf, runToEnd, violations, visionOf } from './client';
import { type DownloadCounter, startDownloadCounter } from './download-counter';

const REFUSED = {
  'icon-too-small.png': 'too-small',
  'not-an-image.jpg': 'not-an-image',
  'rainbow-gradient.webp': 'unsupported-format',
};
const HARD_NAME = 'Schöne Aussicht #1.jpg';
const IN_FOLDER = 'travel/mountain-path.jpg';
/** All that a URL and a proxy on the way could misread. */
const HARDEST_NAME = 'a folder/über 100%2F #2?.jpg';
const SPACED_NAME = 'a folder/ein Vögelchen.jpg';
const ADDED = [HARDEST_NAME, SPACED_NAME];
const IMAGES = sampleFiles().length + ADDED.length;

exempt(WITHOUT_APP_TOKEN);

let stack: TestStack;
let counter: DownloadCounter;
let first: string;
let metricsPort: number;

beforeAll(async () => {
  counter = await startDownloadCounter();
  metricsPort = await createPortBook({ everywhereFree: true }).any();
  stack = await startTestStack({
    appEnv: { AZURE_STORAGE_CONNECTION_STRING: counter.connectionString, METRICS_PORT: String(metricsPort) },
  });
  counter.forwardTo(stack.endpoints.blobConnectionString);
  await uploadSamples(stack.endpoints.blobConnectionString, AbortSignal.timeout(30_000));
  const samples = blobs(stack, SAMPLE_CONTAINER);
  const picture = await samples.getBlockBlobClient(IN_FOLDER).downloadToBuffer();
  // Bytes behind the end of a JPEG belong to nobody: another content, the same picture.
  for (const name of ADDED) {
    const bytes = Buffer.concat([picture, Buffer.from(name)]);
    await samples.getBlockBlobClient(name).upload(bytes, bytes.length);
  }
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await counter?.stop();
}, 60_000);

const api = (path: string) => `${stack.endpoints.api}/api/${path}`;
const token = () => ({ 'dapr-api-token': stack.endpoints.sidecarToken });
const invoked = (path: string) => `${stack.endpoints.sidecar}/v1.0/invoke/${APP_ID}/method/api/${path}`;
const images = `v1/containers/${SAMPLE_CONTAINER}/images`;

test('1, 2: the starter, its status link, and a second start meanwhile', async () => {
  await visionOf(stack).pace({ latencyMs: 1_500 });
  const started = await ask(api(`AnalysisFunctionStarter?container=${SAMPLE_CONTAINER}`));
  first = String(started.body.id);
  const link = String(started.body.statusQueryGetUri);
  expect(started.status).toBe(202);
  expect(started.headers.get('location')).toBe(link);
  expect(started.headers.get('retry-after')).toBe('10');
  expect(Object.keys(started.body).slice(0, 2)).toEqual(['id', 'statusQueryGetUri']);

  const meanwhile = await ask(link);
  expect(meanwhile.status).toBe(202);
  expect(meanwhile.headers.get('location')).toBe(link);
  expect(meanwhile.body).toMatchObject({
    name: 'O_ProccessImage',
    instanceId: first,
    input: SAMPLE_CONTAINER,
    output: null,
  });
  expect(['Pending', 'Running']).toContain(meanwhile.body.runtimeStatus);

  const existing = { existingRun: first, links: { existingRun: api(`v1/runs/${first}`) } };
  for (const second of [
    await ask(api(`AnalysisFunctionStarter?container=${SAMPLE_CONTAINER}`), { method: 'POST' }),
    await ask(api(`v1/containers/${SAMPLE_CONTAINER}/runs`), { method: 'POST' }),
  ]) {
    expect(second.status).toBe(409);
    expect(second.headers.get('content-type')).toContain('application/problem+json');
    expect(second.body).toMatchObject({ code: 'run-active', ...existing });
  }

  const last = await eventually(
    async () => {
      const answer = await ask(link);
      return answer.status === 200 ? answer : undefined;
    },
    { what: 'the status link answers 200', timeoutMs: 60_000 },
  );
  const counts = {
    total: IMAGES,
    totalIsFinal: true,
    succeeded: IMAGES - 3,
    failed: 0,
    skipped: 3,
    unchanged: 0,
    inFlight: 0,
  };
  expect(last.body).toMatchObject({ runtimeStatus: 'Completed', output: { status: 'Completed', counts } });
  await visionOf(stack).pace({ latencyMs: 0 });
}, 90_000);

test('3: a document for every blob, reasons, totals', async () => {
  const run = await ended(stack, first);
  expect(run).toMatchObject({ status: 'Completed', calls: IMAGES - 3, failureGroups: [], removed: 0 });
  expect(run.transactions).toBe((IMAGES - 3) * 4);
  expect(await violations(stack, SAMPLE_CONTAINER, first)).toEqual([]);
  const stored = await documents(stack, SAMPLE_CONTAINER);
  expect([...stored.keys()].sort()).toEqual([...sampleFiles().map(({ name }) => name), ...ADDED].sort());
  for (const [name, reason] of Object.entries(REFUSED))
    expect(stored.get(name)).toMatchObject({ status: 'skipped', reason });
  expect(stored.get(HARD_NAME)).toMatchObject({
    status: 'succeeded',
    source: 'call',
    analyzer: { provider: 'local-pixels' },
  });
  expect(stored.get(IN_FOLDER)?.analysis?.metadata).toMatchObject({ format: 'Jpeg' });

  const { body } = await ask(api(`v1/containers/${SAMPLE_CONTAINER}`));
  const totals = { total: IMAGES, succeeded: IMAGES - 3, failed: 0, skipped: 3, removed: 0 };
  expect(body).toMatchObject({ images: totals, lastRun: first });
  expect(body.activeRun).toBeUndefined();
}, 60_000);

test('4: images by status, tag and name, asked directly and through the sidecar', async () => {
  const { body: container } = await ask(api(`v1/containers/${SAMPLE_CONTAINER}`));
  const tag = (container.tags as { name: string; count: number }[]).find(({ count }) => count < IMAGES - 3);
  for (const at of [api, invoked]) {
    const skipped = await everyPage(at(`${images}?status=skipped&maxpagesize=2`));
    expect(skipped.map(({ blob }) => blob).sort()).toEqual(Object.keys(REFUSED));
    const tagged = await everyPage(at(`${images}?tag=${encodeURIComponent(tag?.name ?? '')}&maxpagesize=100`));
    expect(tagged).toHaveLength(tag?.count ?? -1);
    expect(await ask(at(`${images}/${encodeURIComponent('no such.jpg')}`), { headers: token() })).toMatchObject({
      status: 404,
      body: { code: 'image-not-found' },
    });
    expect(await ask(at(`v1/runs/${first}`), { headers: token() })).toMatchObject({
      status: 200,
      body: { id: first, status: 'Completed' },
    });
    expect((await ask(at(`v1/containers/${SAMPLE_CONTAINER}`), { headers: token() })).body).toMatchObject({
      images: { total: IMAGES },
    });
  }
  const once = (name: string) => `${images}/${encodeURIComponent(name)}`;
  // The sidecar decodes a path once and takes no `#` or `?` in what comes out.
  const twice = (name: string) => `${images}/${encodeURIComponent(encodeURIComponent(name))}`;
  const found = (blob: string) => ({ status: 200, body: { blob, status: 'succeeded' } });
  for (const name of [HARD_NAME, IN_FOLDER, SPACED_NAME, HARDEST_NAME]) {
    expect(await bare(api(once(name)))).toMatchObject(found(name));
    expect(await bare(invoked(twice(name)), token())).toMatchObject(found(name));
  }
  for (const name of [IN_FOLDER, SPACED_NAME])
    expect(await bare(invoked(once(name)), token())).toMatchObject(found(name));
}, 60_000);

test('5, 6: a second run, through the sidecar, calls and downloads nothing', async () => {
  const { calls } = await visionOf(stack).stats();
  expect(new Set(counter.downloads).size).toBe(IMAGES);
  const downloads = counter.downloads.length;
  const before = await documents(stack, SAMPLE_CONTAINER);

  const started = await ask(invoked(`AnalysisFunctionStarter?container=${SAMPLE_CONTAINER}`), {
    method: 'POST',
    headers: token(),
  });
  expect(started.status).toBe(202);
  // Links lead to where callers can go, also when the sidecar was asked.
  expect(String(started.body.statusQueryGetUri)).toContain(stack.endpoints.api);
  const second = String(started.body.id);
  const run = await ended(stack, second);
  expect(run).toMatchObject({ status: 'Completed', calls: 0, transactions: 0 });
  expect(run.counts).toMatchObject({ total: IMAGES, unchanged: IMAGES, succeeded: 0, skipped: 0, failed: 0 });
  expect(run.quote).toMatchObject({ calls: 0, images: { unchanged: IMAGES, new: 0, changed: 0, missing: 0 } });
  expect((await visionOf(stack).stats()).calls).toBe(calls);
  expect(counter.downloads).toHaveLength(downloads);
  expect(await documents(stack, SAMPLE_CONTAINER)).toEqual(before);
  expect(await violations(stack, SAMPLE_CONTAINER, second)).toEqual([]);

  const announced = [first, second].flatMap((id) => [`${id}/run-started`, `${id}/run-completed`]);
  expect((await activityIds(stack, SAMPLE_CONTAINER)).sort()).toEqual(announced.sort());

  const third = (await runToEnd(stack, SAMPLE_CONTAINER)).id;
  const listed = await everyPage(api(`v1/runs?container=${SAMPLE_CONTAINER}&status=Completed,Failed&maxpagesize=2`));
  expect(listed.map(({ id }) => id)).toEqual([third, second, first]);
  expect(await runOf(stack, first)).toMatchObject({ counts: { succeeded: IMAGES - 3 } });
}, 60_000);

test('7: a scrape says what the runs say', async () => {
  const scrape = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  expect(scrape.headers.get('content-type')).toContain('text/plain');
  const lines = (await scrape.text()).split('\n');
  const { calls, transactions, bytesDownloaded } = await ended(stack, first);
  const expected = {
    'contactsheet_images_total{outcome="succeeded"}': IMAGES - 3,
    'contactsheet_images_total{outcome="skipped"}': 3,
    'contactsheet_vision_call_duration_seconds_count{outcome="ok"}': calls,
    contactsheet_vision_transactions_total: transactions,
    contactsheet_month_transactions: transactions,
    contactsheet_downloaded_bytes_total: bytesDownloaded,
    contactsheet_vision_calls_in_flight: 0,
    contactsheet_images_in_flight: 0,
    'contactsheet_check_ok{check="sidecar"}': 1,
    'contactsheet_check_ok{check="worker"}': 1,
    'contactsheet_check_ok{check="results"}': 1,
  };
  expect(lines).toEqual(expect.arrayContaining(Object.entries(expected).map(([name, value]) => `${name} ${value}`)));
  const other = `http://127.0.0.1:${metricsPort}`;
  expect((await fetch(`${other}/livez`)).status).toBe(404);
  expect((await fetch(`${other}/metrics`, { method: 'POST' })).status).toBe(405);
});

test('8: what makes no sense is refused with a cure', async () => {
  const missing = await ask(api('AnalysisFunctionStarter'));
  expect(missing.body.detail).toBe('Please provide the name of the container');
  const run = (container: string) => ask(api(`v1/containers/${container}/runs`), { method: 'POST' });
  const refusals: [Answer: Awaited<ReturnType<typeof ask>>, status: number, code: string][] = [
    [missing, 400, 'invalid-request'],
    [await ask(api('AnalysisFunctionStarter?container=Not_A_Name')), 400, 'invalid-container-name'],
    [await ask(api('AnalysisFunctionStarter?container=nowhere')), 404, 'container-not-found'],
    [await ask(api('AnalysisFunctionStarter?container=contactsheet-manifests')), 400, 'system-container'],
    [await run('no--good'), 400, 'invalid-container-name'],
    [await run('nowhere'), 404, 'container-not-found'],
    [await run('contactsheet-manifests'), 400, 'system-container'],
    [await ask(api('v1/containers/nowhere')), 404, 'container-not-found'],
    [await ask(api(`v1/runs/${'0'.repeat(32)}`)), 404, 'run-not-found'],
    [await ask(api(`${images}?status=lovely`)), 400, 'invalid-request'],
    [await ask(api(`${images}?colour=red`)), 400, 'invalid-request'],
    [await ask(invoked('v1/containers/nowhere'), { headers: token() }), 404, 'container-not-found'],
  ];
  for (const [{ status, headers, body }, expectedStatus, code] of refusals) {
    expect({ status, code: body.code }).toEqual({ status: expectedStatus, code });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(String(body.cure)).not.toBe('');
  }
}, 60_000);

test('8: each listener serves what is its own', async () => {
  const { api: publicUrl, appChannel } = stack.endpoints;
  for (const path of ['/actors/ContainerActor/samples', '/dapr/config', '/dapr/subscribe', '/events/runs']) {
    expect((await ask(`${publicUrl}${path}`)).status).toBe(404);
    expect((await ask(`${appChannel}${path}`)).status).toBe(401);
  }
  const method = { method: 'PUT', body: '{}', headers: { 'dapr-api-token': 'wrong' } };
  expect((await ask(`${publicUrl}/actors/ContainerActor/samples/method/summary`, method)).status).toBe(404);
  expect((await ask(`${appChannel}/actors/ContainerActor/samples/method/summary`, method)).status).toBe(401);
  expect((await ask(`${appChannel}${pathOf(ENDPOINTS.listRuns)}`)).status).toBe(401);
  expect((await ask(`${appChannel}${pathOf(ENDPOINTS.healthz)}`)).status).toBe(200);
  expect((await ask(`${publicUrl}${pathOf(ENDPOINTS.readyz)}`)).status).toBe(200);
});

/** Follows nextLink, which leads to the public API. */
async function everyPage(url: string): Promise<ImageDocument[]> {
  const found: ImageDocument[] = [];
  for (let next: string | undefined = url; next !== undefined; ) {
    const { status, body }: Awaited<ReturnType<typeof ask>> = await ask(next, { headers: token() });
    expect(status).toBe(200);
    found.push(...(body.value as ImageDocument[]));
    next = body.nextLink as string | undefined;
  }
  return found;
}

/** Sends the path as it is: `fetch` would be one more that may rewrite it. */
function bare(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: url.slice(url.indexOf('/', 8)), agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : text });
      });
    }).on('error', reject);
  });
}
