import request from 'supertest';
import { createAppChannel } from '../../src/http/app-channel';
import { fakeUseCases } from './fake-use-cases';
import { expectProblem, recordedLog } from './listening';

const TOKEN = 'the-token-of-the-sidecar';
const created = (container: string) => ({
  id: '1',
  type: 'Microsoft.Storage.BlobCreated',
  subject: `/blobServices/default/containers/${container}/blobs/a.jpg`,
});

function aBinding(onBlobCreated: (container: string) => Promise<void> = async () => {}) {
  const seen: string[] = [];
  const { log, lines } = recordedLog();
  const blobEvents = {
    onBlobCreated: async (container: string) => {
      seen.push(container);
      await onBlobCreated(container);
    },
  };
  const { app, finish } = createAppChannel({
    ...{
      useCases: fakeUseCases(),
      log,
      publicUrl: 'http://p',
      isDraining: () => false,
      appApiToken: TOKEN,
      blobEvents,
    },
    events: { onRunEvent: async () => 'SUCCESS' },
  });
  finish();
  const warnings = () => lines().filter(({ level }) => Number(level) >= 40);
  const post = (body: string, type = 'application/json') =>
    request(app).post('/blob-events').set('dapr-api-token', TOKEN).set('Content-Type', type).send(body);
  return { app, seen, warnings, post };
}

test('a new blob wakes its container, whatever the message looks like', async () => {
  const { post, seen, warnings } = aBinding();
  const text = JSON.stringify([created('photos'), created('albums'), created('photos')]);
  expect((await post(text)).status).toBe(200);
  expect((await post(Buffer.from(text).toString('base64'))).status).toBe(200);
  expect((await post(text, 'text/plain')).status).toBe(200);
  expect(seen).toEqual(['photos', 'albums', 'photos', 'albums', 'photos', 'albums']);
  expect(warnings()).toEqual([]);
});

test.each(['garbage!', '', '{}', '"x"', 'x'.repeat(300_000)])(
  'poison is answered 200, with a warning',
  async (body) => {
    const { post, seen, warnings } = aBinding();
    expect((await post(body)).status).toBe(200);
    expect(seen).toEqual([]);
    expect(warnings()).toMatchObject([{ event: 'blob-events.unreadable' }]);
  },
);

test('other kinds of events are taken in silence', async () => {
  const { post, seen, warnings } = aBinding();
  expect((await post(JSON.stringify({ ...created('photos'), type: 'Microsoft.Storage.BlobDeleted' }))).status).toBe(
    200,
  );
  expect([seen, warnings()]).toEqual([[], []]);
});

test('a wake-up that failed lets the message come again', async () => {
  const { post } = aBinding(async () => {
    throw new Error('no engine');
  });
  expect((await post(JSON.stringify(created('photos')))).status).toBe(503);
});

test('only the sidecar is heard', async () => {
  const { app, seen } = aBinding();
  expectProblem(await request(app).post('/blob-events').send(created('photos')), 'unauthorized');
  expect(seen).toEqual([]);
});
