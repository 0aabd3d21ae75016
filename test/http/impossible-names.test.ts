import { aPublicApp } from './listening';

/** What no blob name holds, Blob Storage cannot be asked for: 400 at every door that takes a name or the beginning of one. */

const IMPOSSIBLE = ['\u0001', 'a\u0000', 'a/\u001f', '\u007f', 'x\u0085', '\u009f', '\ud800', 'a\udc00b'];
/** Odd, and names that storage may list. */
const POSSIBLE = ['a\tb', 'line\nfeed', '\u00a0', '\u00ad', '\u200e', '\ue000', '\ufffe', '🙂', '.', '%01', 'a\\b'];

const RUN_ID = '0'.repeat(31).concat('1');

type Api = ReturnType<typeof aPublicApp>['api'];
const DOORS: Readonly<Record<string, (api: Api, prefix: string) => PromiseLike<{ status: number; body: unknown }>>> = {
  'a start': (api, prefix) => api.post('/api/v1/containers/photos/runs').send({ prefix }),
  'a quote': (api, prefix) => api.post('/api/v1/containers/photos/quotes').send({ prefix }),
  'a retry': (api, prefix) => api.post(`/api/v1/runs/${RUN_ID}:retry`).send({ prefix }),
  'a start of Durable Functions': (api, prefix) =>
    api.post('/runtime/webhooks/durabletask/orchestrators/analyze-container.v1').send({ container: 'photos', prefix }),
};

describe.each(Object.entries(DOORS))('%s', (_, door) => {
  test.each(IMPOSSIBLE)('refuses %j', async (prefix) => {
    const { api, useCases } = aPublicApp();
    const runs = useCases.runs.size;
    const answer = await door(api, prefix);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('No blob name holds U+');
    expect(useCases.runs.size).toBe(runs);
  });

  test.each(POSSIBLE)('reads %j', async (prefix) => {
    expect((await door(aPublicApp().api, prefix)).status).not.toBe(400);
  });
});

test.each(IMPOSSIBLE.filter((name) => !/\p{Surrogate}/u.test(name)))(
  'no image, and no line, is called %j',
  async (name) => {
    const { api } = aPublicApp();
    const text = encodeURIComponent(name);
    for (const path of [`/api/v1/containers/photos/images/${text}`, `/api/v1/runs/${RUN_ID}/images?prefix=${text}`]) {
      expect(await api.get(path)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    }
  },
);
