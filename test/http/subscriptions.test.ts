import request from 'supertest';
import { type RunEvent, runEvent } from '../../src/domain/run/events';
import { createAppChannel } from '../../src/http/app-channel';
import type { Delivery } from '../../src/http/subscriptions';
import { fakeUseCases, runId } from './fake-use-cases';
import { recordedLog } from './listening';

const COUNTS = { total: 1, totalIsFinal: true, succeeded: 1, failed: 0, skipped: 0, unchanged: 0, inFlight: 0 };
const EVENT = runEvent('run-completed', '2026-01-02T03:04:05Z', {
  runId: runId(1),
  container: 'photos',
  status: 'Completed',
  counts: COUNTS,
});

/** As the sidecar delivers it: the envelope of the publisher with the additions of Dapr. */
const DELIVERED = {
  ...EVENT,
  specversion: '1.0',
  source: 'contactsheet',
  datacontenttype: 'application/json',
  topic: 'contactsheet.runs',
  pubsubname: 'pubsub',
  traceid: '00-0-0-00',
};

function aSubscriber(
  onRunEvent: (event: RunEvent) => Promise<Delivery>,
  onDeadLetter?: (event: unknown) => Promise<Delivery>,
) {
  const { log, lines } = recordedLog();
  const { app, finish } = createAppChannel({
    useCases: fakeUseCases(),
    log,
    publicUrl: 'http://p',
    isDraining: () => false,
    blobEvents: { onBlobCreated: async () => {} },
    events: { onRunEvent, ...(onDeadLetter && { onDeadLetter }) },
  });
  finish();
  const post = (path: string, body: string | object, type = 'application/cloudevents+json') =>
    request(app)
      .post(path)
      .set('Content-Type', type)
      .send(typeof body === 'string' ? body : JSON.stringify(body));
  return { post, lines };
}

describe('events of runs', () => {
  test.each(['application/cloudevents+json', 'application/cloudevents+json; charset=utf-8', 'application/json'])(
    'a CloudEvent as %s is handed on with its id, type and time',
    async (type) => {
      const seen: RunEvent[] = [];
      const { post } = aSubscriber(async (event) => {
        seen.push(event);
        return 'SUCCESS';
      });
      const response = await post('/events/runs', DELIVERED, type);
      expect([response.status, response.body]).toEqual([200, { status: 'SUCCESS' }]);
      expect(seen).toEqual([EVENT]);
    },
  );

  test.each(['SUCCESS', 'RETRY', 'DROP'] as const)('the answer %s goes back to the sidecar', async (status) => {
    const { post } = aSubscriber(async () => status);
    const response = await post('/events/runs', DELIVERED);
    expect([response.status, response.body]).toEqual([200, { status }]);
  });

  test('a handler that throws, at once or later, means RETRY and a line in the log', async () => {
    for (const fail of [
      () => Promise.reject(new Error('store is away')),
      () => {
        throw new Error('store is away');
      },
    ]) {
      const { post, lines } = aSubscriber(fail);
      expect((await post('/events/runs', DELIVERED)).body).toEqual({ status: 'RETRY' });
      expect(lines()).toContainEqual(expect.objectContaining({ event: 'pubsub.failed' }));
    }
  });

  test.each([
    ['no id', { ...DELIVERED, id: undefined }],
    ['an unknown type', { ...DELIVERED, type: 'io.contactsheet.run.started.v99' }],
    ['data that is text', { ...DELIVERED, data: 'x' }],
    ['no data', { ...DELIVERED, data: null }],
    ['an unknown status', { ...DELIVERED, data: { ...EVENT.data, status: 'Done' } }],
    ['a list', []],
    ['a number', '1'],
    ['broken JSON', '{"id":'],
    ['nothing', ''],
    ['too much', { ...DELIVERED, data: 'x'.repeat(300_000) }],
  ])('%s is dropped, not retried for ever', async (_what, body) => {
    const seen: RunEvent[] = [];
    const { post, lines } = aSubscriber(async (event) => {
      seen.push(event);
      return 'SUCCESS';
    });
    const response = await post('/events/runs', body);
    expect([response.status, response.body]).toEqual([200, { status: 'DROP' }]);
    expect(seen).toEqual([]);
    expect(lines()).toContainEqual(expect.objectContaining({ event: 'pubsub.unreadable' }));
  });
});

test('what proves that events can be published tells nobody anything', async () => {
  const seen: unknown[] = [];
  const { post, lines } = aSubscriber(async (event) => {
    seen.push(event);
    return 'RETRY';
  });
  const { body } = await post('/events/runs', { ...DELIVERED, type: 'contactsheet.check', data: {} });
  expect({ body, seen }).toEqual({ body: { status: 'SUCCESS' }, seen: [] });
  expect(lines().filter(({ event }) => String(event).startsWith('pubsub'))).toEqual([]);
});

describe('dead letters', () => {
  const refuse = async (): Promise<Delivery> => {
    throw new Error('not for this handler');
  };

  test('are logged with their identity and taken', async () => {
    const { post, lines } = aSubscriber(refuse);
    expect((await post('/events/dead-letters', DELIVERED)).body).toEqual({ status: 'SUCCESS' });
    expect(lines()).toContainEqual(
      expect.objectContaining({ event: 'pubsub.dead-letter', id: EVENT.id, type: EVENT.type }),
    );
  });

  test('are handed on raw where somebody wants them', async () => {
    const seen: unknown[] = [];
    const { post } = aSubscriber(refuse, async (event) => {
      seen.push(event);
      return 'RETRY';
    });
    expect((await post('/events/dead-letters', { any: 'thing' })).body).toEqual({ status: 'RETRY' });
    expect(seen).toEqual([{ any: 'thing' }]);
  });
});
