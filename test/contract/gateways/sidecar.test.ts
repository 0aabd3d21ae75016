import { runEvent } from '../../../src/domain/run/events';
import { createDaprEvents } from '../../../src/gateways/events/dapr-events';
import { createSidecar, type Sidecar } from '../../../src/gateways/sidecar/sidecar';
import { HOSTILE_NAMES } from './hostile-names';
import { jsonAnswer, type SidecarStandIn, startSidecarStandIn } from './sidecar-stand-in';

describe('sidecar', () => {
  let standIn: SidecarStandIn;
  let sidecar: Sidecar;
  beforeAll(async () => {
    standIn = await startSidecarStandIn();
    sidecar = createSidecar({ port: standIn.port, apiToken: 'token', timeoutMs: 1_000 });
  });
  afterAll(async () => {
    sidecar.close();
    await standIn.stop();
  });

  const lastRequest = () => {
    const request = standIn.requests.at(-1);
    if (!request) throw new Error('nothing was asked');
    return request;
  };
  const unavailable = (retryable: boolean) => expect.objectContaining({ code: 'sidecar-unavailable', retryable });

  describe('state', () => {
    test('gives back what was saved, with a version to save over', async () => {
      expect(await sidecar.getState('manifests', 'run/a')).toBeUndefined();
      expect(await sidecar.saveState('manifests', 'run/a', { list: [1, 'ü'] })).toBe('saved');
      const stored = await sidecar.getState('manifests', 'run/a');
      expect(stored?.value).toEqual({ list: [1, 'ü'] });
      const etag = stored?.etag ?? '';
      expect(await sidecar.saveState('manifests', 'run/a', 2, { etag })).toBe('saved');
      expect(await sidecar.saveState('manifests', 'run/a', 3, { etag })).toBe('conflict');
      expect((await sidecar.getState('manifests', 'run/a'))?.value).toBe(2);
    });

    test('a first write over something is a conflict, although the component calls it a failure', async () => {
      expect(await sidecar.saveState('manifests', 'run/b', 1, { firstWrite: true })).toBe('saved');
      expect(await sidecar.saveState('manifests', 'run/b', 2, { firstWrite: true })).toBe('conflict');
      expect((await sidecar.getState('manifests', 'run/b'))?.value).toBe(1);
    });

    test('deletes, also what is not there', async () => {
      await sidecar.saveState('manifests', 'run/c', 1);
      await sidecar.deleteState('manifests', 'run/c');
      await sidecar.deleteState('manifests', 'run/c');
      expect(await sidecar.getState('manifests', 'run/c')).toBeUndefined();
    });

    test('a key is one segment of the path, whatever it holds', async () => {
      for (const key of HOSTILE_NAMES) {
        await sidecar.saveState('manifests', key, key);
        expect((await sidecar.getState('manifests', key))?.value).toBe(key);
        expect(lastRequest().path.split('/')).toHaveLength(5);
      }
    });

    test('sends the token', async () => {
      await sidecar.getState('manifests', 'x');
      expect(lastRequest().headers['dapr-api-token']).toBe('token');
    });
  });

  describe('trouble', () => {
    test.each([
      [500, true],
      [503, true],
      [429, true],
      [400, false],
      [403, false],
    ])('%d: retryable %s', async (status, retryable) => {
      standIn.answerNext(jsonAnswer(status, { errorCode: 'ERR_X', message: 'why' }));
      await expect(sidecar.getState('manifests', 'x')).rejects.toEqual(unavailable(retryable));
    });

    test('a conflict of nobody is a failure', async () => {
      standIn.answerNext(jsonAnswer(500, { errorCode: 'ERR_STATE_SAVE', message: 'RESPONSE 503: ServerBusy' }));
      await expect(sidecar.saveState('manifests', 'x', 1, { firstWrite: true })).rejects.toEqual(unavailable(true));
    });

    test('a sidecar that hangs, before or within its answer, is left at the deadline', async () => {
      const hasty = createSidecar({ port: standIn.port, timeoutMs: 60 });
      for (const hang of [() => {}, (response: { write(text: string): void }) => response.write('{')]) {
        standIn.answerNext(hang);
        await expect(hasty.getState('manifests', 'x')).rejects.toEqual(unavailable(true));
      }
      hasty.close();
    });

    test('a sidecar that is not there is unavailable, and not healthy', async () => {
      const gone = await startSidecarStandIn();
      await gone.stop();
      const nobody = createSidecar({ port: gone.port });
      await expect(nobody.getState('manifests', 'x')).rejects.toEqual(unavailable(true));
      expect(await nobody.outboundHealthy()).toBe(false);
      expect(await sidecar.outboundHealthy()).toBe(true);
    });
  });

  describe('actors', () => {
    const call = () => sidecar.invokeActor('RunActor', 'a b', 'view', { want: 1 });

    test('calls a method with one object, and with nothing', async () => {
      standIn.answerNext(jsonAnswer(200, { granted: 1 }));
      expect(await call()).toEqual({ granted: 1 });
      const { method, path, body } = lastRequest();
      expect([method, path, body]).toEqual(['PUT', '/v1.0/actors/RunActor/a%20b/method/view', '{"want":1}']);
      standIn.answerNext(jsonAnswer(200, '1'));
      await sidecar.invokeActor('RunActor', 'a', 'view');
      expect(lastRequest().body).toBe('');
    });

    test.each(['', 'undefined'])('an answer of %p is nothing', async (body) => {
      standIn.answerNext(jsonAnswer(200, body));
      expect(await call()).toBeUndefined();
    });

    test.each([
      ['{}', 'The actor failed while calling view of RunActor'],
      ['{"message":"no such chunk"}', 'no such chunk'],
      ['no such chunk', 'no such chunk'],
    ])('a method that failed with %s says so', async (said, message) => {
      const text = `error invoke actor method: error from actor service: (500) ${said}`;
      standIn.answerNext(jsonAnswer(500, { errorCode: 'ERR_ACTOR_INVOKE_METHOD', message: text }));
      const failed = { code: 'actor-failed', retryable: false, message: expect.stringContaining(message) };
      await expect(call()).rejects.toMatchObject(failed);
    });

    test.each([
      [500, 'ERR_ACTOR_INVOKE_METHOD', 'error invoke actor method: dial tcp: connection refused'],
      [404, 'ERR_ACTOR_NO_ADDRESS', "did not find address for actor 'RunActor/a'"],
      [400, 'ERR_ACTOR_INSTANCE_MISSING', 'actor instance is missing'],
      [503, 'ERR_ACTOR_RUNTIME_CLOSED', 'actor runtime is closed'],
    ])('an actor that was not reached may be called again: %d %s', async (status, errorCode, message) => {
      standIn.answerNext(jsonAnswer(status, { errorCode, message }));
      await expect(call()).rejects.toEqual(unavailable(true));
    });
  });

  describe('events', () => {
    const event = runEvent('run-completed', '2026-01-01T00:00:00.000Z', {
      runId: 'a'.repeat(32),
      container: 'photos',
      status: 'Completed',
    });

    test('an event travels as one CloudEvent with our id and our time', async () => {
      await createDaprEvents(sidecar).publish(event);
      const { path, headers, body } = lastRequest();
      expect(path).toMatch(/^\/v1\.0\/publish\/pubsub\/contactsheet\.runs\?*$/);
      expect(headers['content-type']).toBe('application/cloudevents+json');
      const envelope = { specversion: '1.0', source: 'contactsheet', datacontenttype: 'application/json' };
      expect(JSON.parse(body)).toEqual({ ...envelope, ...event });
    });

    test('an event that the broker did not take is an error, not a resolved promise', async () => {
      standIn.answerNext(jsonAnswer(500, { errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE', message: 'broker is down' }));
      await expect(createDaprEvents(sidecar).publish(event)).rejects.toEqual(unavailable(true));
    });

    test('metadata travels in the query', async () => {
      await sidecar.publish('pubsub', 'topic', { a: 1 }, { 'cloudevent.id': 'run/1 ü', rawPayload: 'false' });
      const query = new URL(`http://x${lastRequest().path}`).searchParams;
      expect(query.get('metadata.cloudevent.id')).toBe('run/1 ü');
    });
  });
});
