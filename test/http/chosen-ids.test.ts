import type { ManagementLinks } from '../../src/http/links';
import { createLinkTokens } from '../../src/http/link-tokens';
import { runId } from './fake-use-cases';
import { aListeningApp, expectDurableError, expectProblem } from './listening';

/** Any id that Durable Functions takes is the id of a run in every address and every answer. */
const KEY = 'operator-key';
const DURABLE = '/runtime/webhooks/durabletask';
const shell = aListeningApp({ tokens: createLinkTokens(KEY, () => Date.now()) });
const { api, useCases } = shell;

const start = (id: string) =>
  api
    .post(`${DURABLE}/orchestrators/O_ProccessImage/${encodeURIComponent(id)}?code=${KEY}`)
    .type('json')
    .send('"photos"');

const CHOSEN = [
  'my-own-id-1',
  '3F2504E0-4F89-41D3-9A0C-0305E82C3301',
  'bulk',
  'a:retry',
  'one.two.three',
  '100%',
  '%2F',
  'a b&code=x;"\'(é)',
  '🎞'.repeat(50),
  '{text}',
];

describe.each(CHOSEN)('the id %j', (id) => {
  const run = `/api/v1/runs/${encodeURIComponent(id)}`;

  test('is the id of its run, and every link leads there', async () => {
    const { status, body, headers } = await start(id);
    expect([status, body.id, headers.location]).toEqual([202, id, body.statusQueryGetUri]);
    const links = body as ManagementLinks;
    const here = async (link: string, method = 'POST') => {
      const answer = await fetch(link.replace(/^https?:\/\/[^/]+/, shell.url).replace('{eventName}', 'other'), {
        method,
      });
      return { status: answer.status, text: await answer.text() };
    };
    const shown = await here(links.statusQueryGetUri, 'GET');
    expect([shown.status, JSON.parse(shown.text).instanceId]).toEqual([202, id]);
    expect((await here(links.sendEventPostUri)).status).toBe(202);
    expect((await here(links.suspendPostUri)).status).toBe(202);
    expect((await here(links.terminatePostUri)).status).toBe(202);
    expect((await here(links.purgeHistoryDeleteUri, 'DELETE')).status).toBe(404); // it goes on
    expect((await here(links.statusQueryGetUri.replace(/instances\/[^?]+/, 'instances/another'), 'GET')).status).toBe(
      403,
    );
    expect(useCases.said.map((said) => (said as { id: string }).id)).toEqual([id, id]);
    const list = await api.get(`${DURABLE}/instances?instanceIdPrefix=${encodeURIComponent(id)}&code=${KEY}`);
    expect(list.body.map(({ instanceId }: { instanceId: string }) => instanceId)).toEqual([id]);
  });

  test('is the id of the run in the API too', async () => {
    await start(id);
    const { status, body } = await api.get(run);
    expect([status, body.id]).toEqual([200, id]);
    expect((await fetch(body.links.self.replace(/^https?:\/\/[^/]+/, shell.url))).status).toBe(200);
    expect((await api.post(`${run}:pause`)).body.id).toBe(id);
    expect((await api.get('/api/v1/runs')).body.value[0].id).toBe(id);
    const report = await api.get(`${run}/report`);
    expect([report.status, report.headers['content-disposition']]).toEqual([200, expect.stringMatching(/^[ -~]+$/)]);
  });
});

test('ids that differ by case are two', async () => {
  await start('nightly');
  expect((await api.get('/api/v1/runs/nightly')).status).toBe(200);
  expectProblem(await api.get('/api/v1/runs/Nightly'), 'run-not-found');
});

test.each(['@me', 'a/b', 'a\\b', 'a#b', 'a?b', 'a\u0001', 'x'.repeat(101)])(
  '%j is refused with the rule',
  async (id) => {
    const error = expectDurableError(await start(id), 'invalid-request');
    expect(error.errors?.[0]).toMatchObject({
      pointer: '/path/id',
      detail: expect.stringContaining('1 to 100 characters'),
    });
    expect((await api.get(`${DURABLE}/instances/${encodeURIComponent(id)}?code=${KEY}`)).status).toBe(404);
    expectProblem(await api.get(`/api/v1/runs/${encodeURIComponent(id)}`), 'run-not-found');
  },
);

test('links of runs that nobody chose an id for are as they were', () => {
  const tokens = createLinkTokens(KEY, () => 0);
  expect(tokens.issue(runId(1), 'status').split('.')[1]).toBe(runId(1));
});
