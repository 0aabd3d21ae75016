import type request from 'supertest';
import { createAppChannel } from '../../src/http/app-channel';
import supertest from 'supertest';
import { fakeUseCases, runId } from './fake-use-cases';
import { aPublicApp, expectDurableError, expectProblem, recordedLog } from './listening';

/**
 * Guarantee: what a browser sends for a page of another origin has no effect; programs, and pages of our own, go on.
 * test/browser sends the same from a real browser.
 */

const STARTER = '/api/AnalysisFunctionStarter?container=photos';
const START = '/api/v1/containers/photos/runs';
const WATCH = '/api/v1/containers/photos/watch';
const DURABLE = '/runtime/webhooks/durabletask';

type Api = ReturnType<typeof aPublicApp>['api'];
type Ask = (api: Api) => request.Test;

/** A request with an effect for each way in. */
const EFFECTS: readonly (readonly [string, Ask])[] = [
  ['GET starter', (api) => api.get(STARTER)],
  ['GET starter in another case', (api) => api.get('/API/analysisfunctionstarter/?container=photos')],
  ['POST starter', (api) => api.post(STARTER)],
  ['POST a run', (api) => api.post(START).send({})],
  ['POST a run without a body', (api) => api.post(START)],
  ['PUT a watch', (api) => api.put(WATCH).send({ every: 'PT1H' })],
  ['DELETE a watch', (api) => api.delete(WATCH)],
  ['PUT the quota', (api) => api.put('/api/v1/quota').send({})],
  ['POST a verb', (api) => api.post(`/api/v1/runs/${runId(1)}:cancel`)],
];

const ELSEWHERE: readonly Readonly<Record<string, string>>[] = [
  { Origin: 'http://evil.example' },
  { Origin: 'null' },
  { Origin: 'http://localhost:1' },
  { Origin: 'http://localhost' },
  { Origin: 'http://localhost:8080.evil.example' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { 'Sec-Fetch-Site': 'strange' },
  { Origin: 'http://localhost:8080', 'Sec-Fetch-Site': 'same-site' },
  { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'same-origin' },
];

const HERE: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'Sec-Fetch-Site': 'none' },
  { 'Sec-Fetch-Site': 'same-origin' },
  { Origin: 'http://localhost:8080' },
  { Origin: 'https://localhost:8080', 'Sec-Fetch-Site': 'same-origin' },
];

describe.each(EFFECTS)('%s', (_, ask) => {
  test('from a page elsewhere: refused, and nothing happened', async () => {
    for (const headers of ELSEWHERE) {
      const { api, useCases } = aPublicApp();
      expectProblem(await ask(api).set('Host', 'localhost:8080').set(headers), 'cross-site');
      const { commands, said, settings } = useCases;
      expect([commands, said, settings.changes, [...settings.watches]]).toEqual([[], [], [], []]);
    }
  });

  test('from a program or a page of ours: not refused', async () => {
    for (const headers of HERE) {
      const response = await ask(aPublicApp().api).set('Host', 'localhost:8080').set(headers);
      expect(['cross-site', 'unknown-host', 'unsupported-media-type']).not.toContain(response.get('x-ms-error-code'));
    }
  });
});

test('Durable Functions: the same, with its own error body', async () => {
  const { api, useCases } = aPublicApp();
  for (const headers of ELSEWHERE) {
    const refused = [
      api.post(`${DURABLE}/orchestrators/ContainerAnalysis`).send('"photos"').type('json'),
      api.post(`${DURABLE}/instances/${runId(1)}/terminate`),
      api.delete(`${DURABLE}/instances/${runId(1)}`),
    ];
    for (const asked of refused) {
      expectDurableError(await asked.set('Host', 'localhost:8080').set(headers), 'cross-site');
    }
  }
  expect([useCases.commands, useCases.said]).toEqual([[], []]);
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
  'a body from a browser as %p: 415, also where no body is read',
  async (type) => {
    const { api, useCases } = aPublicApp();
    for (const path of [START, STARTER]) {
      const asked = api
        .post(path)
        .set({ Host: 'localhost:8080', Origin: 'http://localhost:8080', 'Content-Type': type });
      expectProblem(await asked.send('{}'), 'unsupported-media-type');
    }
    expect(useCases.commands).toEqual([]);
  },
);

test('behind a public address: its origin is ours, and over https plain http is not', async () => {
  const statusOf = async (publicUrl: string, Origin: string, host = 'pictures.example') =>
    (await aPublicApp({ publicUrl }).api.post(START).set('Host', host).set({ Origin })).status;
  expect(await statusOf('https://pictures.example', 'https://pictures.example')).toBe(202);
  expect(await statusOf('https://pictures.example', 'https://pictures.example', 'localhost:8080')).toBe(202);
  expect(await statusOf('https://pictures.example', 'http://pictures.example')).toBe(403);
  expect(await statusOf('https://pictures.example', 'http://localhost:8080', 'localhost:8080')).toBe(202);
  expect(await statusOf('http://pictures.example', 'http://pictures.example')).toBe(202);
  expect(await statusOf('http://pictures.example:8080', 'http://pictures.example:8081')).toBe(403);
});

test('a preflight is answered with no permission, and no answer has a header of CORS', async () => {
  const { api } = aPublicApp();
  const asked = { Origin: 'http://evil.example', 'Access-Control-Request-Private-Network': 'true' };
  for (const path of [START, STARTER, '/api/v1/runs', '/livez', '/openapi.json', `${DURABLE}/instances`]) {
    for (const method of ['PUT', 'POST', 'GET']) {
      const { headers } = await api.options(path).set({ ...asked, 'Access-Control-Request-Method': method });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    const { headers } = await api.get(path).set(asked);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  }
});

describe('through the sidecar, which hands on the headers of a caller', () => {
  const aChannel = () => {
    const useCases = fakeUseCases();
    const channel = createAppChannel({
      ...{ useCases, log: recordedLog().log, publicUrl: 'http://localhost:8080', isDraining: () => false },
      events: { onRunEvent: async () => 'SUCCESS' },
      blobEvents: { onBlobCreated: async () => {} },
    });
    channel.finish();
    return { api: supertest(channel.app), useCases };
  };

  test('what a page elsewhere asks for is refused', async () => {
    const { api, useCases } = aChannel();
    for (const headers of ELSEWHERE) {
      expectProblem(await api.post(START).set(headers), 'cross-site');
      expectProblem(await api.get(STARTER).set(headers), 'cross-site');
    }
    expect(useCases.commands).toEqual([]);
  });

  test('the Host does not count, and programs and our own page go on', async () => {
    for (const headers of [{}, { Origin: 'http://localhost:8080' }, { 'Sec-Fetch-Site': 'none' }]) {
      const { api } = aChannel();
      expect((await api.post(START).set('Host', 'contactsheet').set(headers)).status).toBe(202);
    }
  });
});
