import { CommunicationProtocolEnum, DaprServer } from '@dapr/dapr';
import type { Express } from 'express';
import express from 'express';
import request from 'supertest';
import { type AppChannelDeps, createAppChannel } from '../../src/http/app-channel';
import { RunSchema } from '../../src/contract/schemas/run';
import { exempt, WITHOUT_APP_TOKEN } from '../answers/exemptions';
import { fakeUseCases, runId } from './fake-use-cases';
import { expectDurableError, expectProblem, expectShape, recordedLog } from './listening';

const TOKEN = 'the-token-of-the-sidecar';
const START = '/api/v1/containers/photos/runs';

exempt(WITHOUT_APP_TOKEN);

function aChannel({ attach, ...deps }: Partial<AppChannelDeps> & { attach?: (app: Express) => void } = {}) {
  const useCases = fakeUseCases();
  const { log, lines } = recordedLog();
  const channel = createAppChannel({
    useCases,
    log,
    publicUrl: 'http://localhost:8080',
    isDraining: () => false,
    events: { onRunEvent: async () => 'SUCCESS' },
    blobEvents: { onBlobCreated: async () => {} },
    ...deps,
  });
  attach?.(channel.app);
  return { ...channel, api: request(channel.app), useCases, lines };
}

/** What the SDK does to the app it is given, with an actor route that answers what it read. */
function attachSdk(app: Express): void {
  new DaprServer({
    serverHttp: app as never,
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    clientOptions: { daprHost: '127.0.0.1', daprPort: '1' },
  });
  app.put('/actors/:type/:id/method/:name', (req, res) => {
    res.json({ read: JSON.stringify(req.body).length });
  });
  app.get('/healthz', (_req, res) => {
    res.status(200).send('of the SDK');
  });
}

describe('the token of the app channel', () => {
  const routes = [
    ['put', '/actors/ContainerActor/photos/method/applyChunk'],
    ['delete', '/actors/ContainerActor/photos'],
    ['get', '/dapr/config'],
    ['get', '/api/v1/runs'],
    ['get', '/runtime/webhooks/durabletask/instances/x'],
    ['post', START],
    ['get', '/openapi.json'],
    ['post', '/events/runs'],
    ['post', '/events/dead-letters'],
    ['post', '/healthz'],
    ['get', '/healthz/'],
    ['get', '/nothing'],
  ] as const;

  test.each(routes)('%s %s is refused without it, with a wrong one and with a part of it', async (verb, path) => {
    const taken: string[] = [];
    const { api, finish, useCases } = aChannel({
      appApiToken: TOKEN,
      attach: attachSdk,
      events: {
        onRunEvent: async ({ id }) => {
          taken.push(id);
          return 'SUCCESS';
        },
      },
    });
    finish();
    const expectRefusal = path.startsWith('/runtime/') ? expectDurableError : expectProblem;
    expectRefusal(await api[verb](path), 'unauthorized');
    for (const wrong of ['', 'wrong', TOKEN.slice(1), `${TOKEN} x`, TOKEN.toUpperCase()]) {
      expectRefusal(await api[verb](path).set('dapr-api-token', wrong), 'unauthorized');
    }
    expect([useCases.commands, taken]).toEqual([[], []]);
  });

  test('opens everything', async () => {
    const { api, finish } = aChannel({ appApiToken: TOKEN, attach: attachSdk });
    finish();
    const started = await api.post(START).set('dapr-api-token', TOKEN);
    expect(started.status).toBe(202);
    const actor = await api.put('/actors/A/1/method/m').set('dapr-api-token', TOKEN).send({ a: 1 });
    expect(actor.status).toBe(200);
  });

  test('GET /healthz is open, and ours', async () => {
    const { api, finish } = aChannel({ appApiToken: TOKEN, attach: attachSdk });
    finish();
    const response = await api.get('/healthz');
    expect([response.status, response.body]).toEqual([200, { status: 'ok' }]);
  });

  test('is not asked for where none is configured', async () => {
    const { api, finish } = aChannel();
    finish();
    expect((await api.get('/api/v1/runs')).status).toBe(200);
  });

  test('never reaches the log', async () => {
    const { api, finish, lines } = aChannel({ appApiToken: TOKEN });
    finish();
    await api.get('/api/v1/runs').set('dapr-api-token', TOKEN);
    await api.get('/api/v1/runs').set('dapr-api-token', `${TOKEN}x`);
    expect(JSON.stringify(lines())).not.toContain(TOKEN);
  });
});

describe('the API behind the sidecar', () => {
  test('links lead to the public address, not to this listener', async () => {
    const { api, finish } = aChannel({ publicUrl: () => 'http://localhost:18080' });
    finish();
    const run = expectShape((await api.post(START)).body, RunSchema);
    expect(run.links.self).toBe(`http://localhost:18080/api/v1/runs/${runId(1)}`);
    const status = await api.get(`/runtime/webhooks/durabletask/instances/${runId(1)}?showInput=false`);
    expect(status.get('Location')).toBe(
      `http://localhost:18080/runtime/webhooks/durabletask/instances/${runId(1)}?showInput=false`,
    );
  });

  test('keeps its 64 KB and its JSON although the parsers of the SDK take 4 MB; actors keep theirs', async () => {
    const { api, finish } = aChannel({ attach: attachSdk });
    finish();
    const large = { prefix: 'x'.repeat(70_000) };
    expectProblem(await api.post(START).send(large), 'body-too-large');
    expectProblem(await api.post(START).type('text/plain').send('{}'), 'unsupported-media-type');
    expect((await api.post(START).send({ prefix: 'a' })).status).toBe(202);
    const actor = await api.put('/actors/A/1/method/m').send(large);
    expect(actor.body).toEqual({ read: JSON.stringify(large).length });
  });

  test('routes that the SDK adds before finish are reached; 404 and errors come after them', async () => {
    const { app, api, finish } = aChannel({ attach: attachSdk });
    app.get('/dapr/subscribe', (_req, res) => {
      res.json([]);
    });
    app.use('/fails', () => {
      throw new Error('secret');
    });
    finish();
    expect((await api.get('/dapr/subscribe')).body).toEqual([]);
    expectProblem(await api.get('/nothing'), 'route-not-found');
    expectProblem(await api.get('/fails'), 'internal');
  });

  test('leaves bodies of other routes unread', async () => {
    const { app, api, finish } = aChannel();
    app.post('/later', express.text(), (req, res) => {
      res.json({ read: req.body });
    });
    finish();
    expect((await api.post('/later').type('text/plain').send('hello')).body).toEqual({ read: 'hello' });
  });

  test('traffic of the engine is logged at debug, calls of the API at info', async () => {
    const { api, finish, lines } = aChannel({ attach: attachSdk });
    finish();
    await api.put('/actors/A/1/method/m').send({});
    await api.get('/api/v1/runs');
    expect(lines().map(({ level, route, listener }) => [level, route, listener])).toEqual([
      [20, '/actors/:type/:id/method/:name', 'app-channel'],
      [30, '/api/v1/runs', 'app-channel'],
    ]);
  });
});

describe('/healthz', () => {
  test('turns to 503 while draining', async () => {
    let isDraining = false;
    const { api } = aChannel({ isDraining: () => isDraining });
    expect((await api.get('/healthz')).status).toBe(200);
    isDraining = true;
    const response = await api.get('/healthz');
    expect([response.status, response.body]).toEqual([503, { status: 'draining' }]);
  });
});
