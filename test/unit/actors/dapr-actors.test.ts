import type { ActorId, DaprClient } from '@dapr/dapr';
import { z } from 'zod';
import { createActors } from '../../../src/actors';
import { type ActorSidecar, actorClient, daprActorStore, hostActor } from '../../../src/actors/dapr-actors';
import { Fence } from '../../../src/actors/fence';
import { AppError } from '../../../src/domain/errors';
import type { Outcome } from '../../../src/domain/outcome';

interface Greeter {
  greet(input: { readonly name: string }): Promise<string>;
  fail(): Promise<never>;
  silent(): Promise<void>;
  crash(): Promise<void>;
}

const METHODS = {
  inputs: { greet: z.object({ name: z.string() }), fail: z.unknown(), silent: z.unknown(), crash: z.unknown() },
};
const logic = (id: string): Greeter => ({
  greet: async ({ name }) => `${id} greets ${name}`,
  fail: () => Promise.reject(new AppError('run-active', 'busy', { retryable: true })),
  silent: async () => {},
  crash: () => {
    throw new Error('at once');
  },
});

function createHost() {
  const HostedActor = hostActor<Greeter>('GreeterActor', METHODS, logic, new Fence());
  const id = { getId: () => 'anna' } as unknown as ActorId;
  const client = { actor: {}, options: {} } as unknown as DaprClient;
  const hosted = new HostedActor(client, id) as Record<string, (input: unknown) => Promise<Outcome<unknown>>>;
  return { HostedActor, call: (method: string, input?: unknown) => hosted[method]?.(input) };
}

/** A sidecar that hands the call to the host, through JSON. */
function createSidecar(): ActorSidecar & { readonly invoked: unknown[][] } {
  const { call } = createHost();
  const invoked: unknown[][] = [];
  return {
    invoked,
    async invokeActor(type, id, method, body) {
      invoked.push([type, id, method, body]);
      return JSON.parse(JSON.stringify(await call(method, body)));
    },
    readActorState: async (type, id, key) => `${type}/${id}/${key}`,
    writeActorState: async () => {},
  };
}

describe('hostActor', () => {
  test('the class is named on the wire by its type', () => {
    expect(createHost().HostedActor.name).toBe('GreeterActor');
  });

  test('methods answer values, errors too: a thrown one would reach its caller as an empty 500', async () => {
    const { call } = createHost();
    expect(await call('greet', { name: 'ben' })).toEqual({ ok: true, value: 'anna greets ben' });
    expect(await call('fail')).toEqual({ ok: false, error: { code: 'run-active', message: 'busy', retryable: true } });
  });

  test('a logic that throws at once is a failure, not an exception', async () => {
    expect(await createHost().call('crash')).toMatchObject({ ok: false, error: { code: 'internal' } });
  });

  test('what its schema does not read never reaches the logic', async () => {
    expect(await createHost().call('greet', undefined)).toMatchObject({
      ok: false,
      error: { code: 'invalid-request', retryable: false },
    });
  });
});

describe('actorClient', () => {
  const clientOf = (sidecar: ActorSidecar) => actorClient<Greeter>(sidecar, 'GreeterActor', METHODS)('anna');

  test('values come through, errors are thrown again on this side', async () => {
    const sidecar = createSidecar();
    expect(await clientOf(sidecar).greet({ name: 'ben' })).toBe('anna greets ben');
    await expect(clientOf(sidecar).fail()).rejects.toMatchObject({
      name: 'AppError',
      code: 'run-active',
      retryable: true,
    });
    expect(await clientOf(sidecar).silent()).toBeUndefined();
    expect(sidecar.invoked[0]).toEqual(['GreeterActor', 'anna', 'greet', { name: 'ben' }]);
    expect(sidecar.invoked.at(-1)).toEqual(['GreeterActor', 'anna', 'silent', {}]);
  });

  test('the client can be awaited: it is no promise', async () => {
    const client = clientOf(createSidecar());
    expect(await client).toBe(client);
  });

  test('what the sidecar throws is passed on', async () => {
    const sidecar = { ...createSidecar(), invokeActor: () => Promise.reject(new AppError('actor-failed', 'no host')) };
    await expect(clientOf(sidecar).greet({ name: 'ben' })).rejects.toMatchObject({ code: 'actor-failed' });
  });

  test('an answer without a body is a failure that may heal, not a TypeError that ends the run', async () => {
    const sidecar = { ...createSidecar(), invokeActor: async () => undefined };
    await expect(clientOf(sidecar).greet({ name: 'ben' })).rejects.toMatchObject({
      code: 'actor-failed',
      retryable: true,
    });
  });
});

test('the store of an actor is the state of that actor', async () => {
  expect(await daprActorStore(createSidecar(), 'RunActor', 'one', new Fence()).read('head')).toBe('RunActor/one/head');
});

test('every method of the logic is hosted and callable', () => {
  const actors = createActors(
    createSidecar(),
    { nowMs: () => 0, monotonicMs: () => 0 },
    { resource: 'vision', defaults: {} },
  );
  expect(actors.hosted.map(({ name }) => name)).toEqual(['ContainerActor', 'RunActor', 'VisionQuotaActor']);
  for (const [i, api] of [actors.container('photos'), actors.run('one')].entries()) {
    const hosted = Object.getOwnPropertyNames(actors.hosted[i]?.prototype).filter((name) => name !== 'constructor');
    expect(Object.keys(api).sort()).toEqual(hosted.sort());
  }
});
