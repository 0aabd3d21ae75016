import { createClient, jsonLines, type Outgoing, pathOf, Refusal, taken, UnaskableName } from '../../../src/contract';
import { getImage, verifyContainer } from '../../../src/contract/endpoints/containers';

/** A server that answers in turn, and remembers what it was asked. */
function answering(...answers: readonly Response[]) {
  const asked: (Outgoing & { readonly url: string })[] = [];
  const left = [...answers];
  const client = createClient({
    address: 'http://here:1',
    headers: { 'user-agent': 'test' },
    transport: async (url, outgoing) => {
      asked.push({ url, ...outgoing });
      const answer = left.shift();
      if (answer === undefined) throw new Error(`Nobody answers ${url}.`);
      return answer;
    },
  });
  return { client, asked };
}

const NOT_FOUND = { code: 'run-not-found', detail: 'There is no such run.' };
const json = (body: unknown, status = 200, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });

test('says verb, path, query and body as the endpoint has them', async () => {
  const { client, asked } = answering(json({ id: 'r' }, 202));
  const { status, body } = await client.startRun({
    params: { container: 'photos' },
    query: { confirmShrink: 'true' },
    body: { prefix: 'a/' },
  });
  expect([status, body]).toEqual([202, { id: 'r' }]);
  expect(asked).toEqual([
    {
      url: 'http://here:1/api/v1/containers/photos/runs?confirmShrink=true',
      method: 'POST',
      headers: { 'user-agent': 'test', accept: 'application/json', 'content-type': 'application/json' },
      body: '{"prefix":"a/"}',
      isStream: false,
    },
  ]);
});

test('hears a refusal as its problem, which `taken` throws', async () => {
  const refused = () => json(NOT_FOUND, 404, 'application/problem+json');
  const { client } = answering(refused(), refused());
  const answer = await client.getRun({ params: { id: 'r' } });
  expect(answer).toMatchObject({ status: 404, body: NOT_FOUND });
  expect(() => taken(answer)).toThrow(new Refusal(404, NOT_FOUND));
  await expect(client.getRun({ params: { id: 'r' } }).then(taken)).rejects.toThrow('404 run-not-found');
});

test('what the endpoint does not declare is thrown, with the problem where there is one', async () => {
  const { client } = answering(new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }));
  await expect(client.listRuns()).rejects.toMatchObject({ status: 502, problem: undefined });
});

test('follows nextLink at its own address, whatever the server calls itself', async () => {
  const nextLink = 'https://elsewhere/base/api/v1/runs?continuation=x%2F1&maxpagesize=1';
  const { client, asked } = answering(json({ value: [{ id: 'a' }], nextLink }), json({ value: [{ id: 'b' }] }));
  const seen: string[] = [];
  for await (const { value } of client.pages('listRuns', { query: { maxpagesize: 1, status: ['Paused', 'Failed'] } })) {
    seen.push(...value.map(({ id }) => id));
  }
  expect(seen).toEqual(['a', 'b']);
  expect(asked.map(({ url }) => url)).toEqual([
    'http://here:1/api/v1/runs?maxpagesize=1&status=Paused&status=Failed',
    'http://here:1/api/v1/runs?continuation=x%2F1&maxpagesize=1',
  ]);
});

test('reads lines as they come, cut anywhere, the last with or without its end', async () => {
  const lines = '{"blob":"é"}\n{"blob":"b"}';
  const pieces = [...Buffer.from(lines)].map((byte) => Uint8Array.of(byte));
  const stream = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const { client, asked } = answering(
    new Response(stream, { status: 200, headers: { 'content-type': 'application/x-ndjson' } }),
  );
  const report = taken(await client.getRunReport({ params: { id: 'r' } }));
  const seen: unknown[] = [];
  for await (const line of jsonLines(report)) seen.push(line);
  expect(seen).toEqual([{ blob: 'é' }, { blob: 'b' }]);
  expect(asked[0]).toMatchObject({ isStream: true, headers: { accept: 'application/x-ndjson' } });
});

test('an answer without a body has none', async () => {
  const { client } = answering(new Response(null, { status: 204 }));
  expect(await client.removeWatch({ params: { container: 'photos' } })).toMatchObject({ status: 204, body: undefined });
});

test('names stand in a path whole, and what no path can carry is refused', () => {
  expect(pathOf(getImage, { container: 'photos', blob: 'a b/ü:c.jpg' })).toBe(
    '/api/v1/containers/photos/images/a%20b%2F%C3%BC%3Ac.jpg',
  );
  expect(pathOf(verifyContainer, { container: 'photos' })).toBe('/api/v1/containers/photos:verify');
  for (const blob of ['', '.', '..', 'a\ud800']) {
    expect(() => pathOf(getImage, { container: 'photos', blob })).toThrow(UnaskableName);
  }
});
