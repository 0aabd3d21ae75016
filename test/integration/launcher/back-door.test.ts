/**
 * The sidecar is no way around the application. Whoever has not its token gets nothing out of it and changes nothing by it;
 * and with the token it offers what the application uses, and no secret, no stop and no workflow.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { ENDPOINTS, pathOf, taken } from '../../../src/contract';
import { answers } from '../../../packages/dev-stack/src/ports';
import { ACTORS, APP_ID, TOPICS, WORKFLOWS } from '../../../src/names';
import { startTestStack, type TestStack } from '../framework';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
}, 120_000);
afterAll(() => stack?.stop(), 60_000);

const RUN = '0'.repeat(32);
const quota = async () => taken(await stack.client.getQuota()) as object;

/** As a web page sends it, without a question beforehand: a simple request. */
const fromAPage = (path: string, method = 'POST', body?: string) =>
  fetch(`${stack.endpoints.sidecar}${path}`, {
    method,
    headers: { 'content-type': 'text/plain', origin: 'http://elsewhere.example' },
    ...(body === undefined ? {} : { body }),
  });

test.each([
  ['every secret', 'GET', '/v1.0/secrets/secretstore/bulk'],
  ['a secret', 'GET', '/v1.0/secrets/secretstore/COSMOS_KEY'],
  ['the end of the sidecar', 'POST', '/v1.0/shutdown'],
  ['another cap', 'POST', `/v1.0/actors/${ACTORS.visionQuota}/any/method/configure`],
  ['a run', 'POST', `/v1.0/actors/${ACTORS.run}/${RUN}/method/begin`],
  ['a workflow', 'POST', `/v1.0/workflows/dapr/${WORKFLOWS.analyzeContainer}/start?instanceID=${RUN}`],
  ['an event of a run', 'POST', `/v1.0/publish/pubsub/${TOPICS.runs}`],
  ['state', 'GET', '/v1.0/state/manifests/any'],
  ['the application', 'POST', `/v1.0/invoke/${APP_ID}/method${pathOf(ENDPOINTS.startByTutorialPost)}?container=any`],
  ['what is loaded', 'GET', '/v1.0/metadata'],
])('without the token nobody gets %s', async (_, method, path) => {
  const answer = await fromAPage(path, method, method === 'GET' ? undefined : '{}');
  expect([answer.status, await answer.text()]).toEqual([401, 'invalid api token\n']);
  const guessed = await fetch(`${stack.endpoints.sidecar}${path}`, { method, headers: { 'dapr-api-token': 'guess' } });
  expect(guessed.status).toBe(401);
});

test.each([
  ['secrets', 'GET', '/v1.0/secrets/secretstore/COSMOS_KEY'],
  ['all secrets', 'GET', '/v1.0/secrets/secretstore/bulk'],
  ['shutdown', 'POST', '/v1.0/shutdown'],
  ['workflows', 'POST', `/v1.0/workflows/dapr/${WORKFLOWS.analyzeContainer}/start?instanceID=${RUN}`],
  ['workflows of older versions', 'POST', `/v1.0-beta1/workflows/dapr/${WORKFLOWS.analyzeContainer}/start`],
  ['bindings', 'POST', '/v1.0/bindings/blob-events'],
  ['jobs', 'GET', '/v1.0-alpha1/jobs/any'],
  ['reminders', 'POST', `/v1.0/actors/${ACTORS.run}/${RUN}/reminders/any`],
  ['timers', 'POST', `/v1.0/actors/${ACTORS.run}/${RUN}/timers/any`],
  ['its labels', 'PUT', '/v1.0/metadata/any'],
])('with the token there is no %s', async (_, method, path) => {
  const answer = await stack.sidecar(path, { method, ...(method === 'GET' ? {} : { body: '{}' }) });
  expect(answer.status).toBe(404);
});

test('with the token the app publishes to its own topics alone', async () => {
  const publish = (topic: string) =>
    stack.sidecar(`/v1.0/publish/pubsub/${topic}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  expect((await publish('somebody.else')).status).toBe(403);
  expect((await publish(TOPICS.deadLetters)).status).toBe(204);
});

test('the gRPC side asks for the token too, and offers no secret, no stop and no stream', async () => {
  const answerOf = (method: string, token?: string) => {
    const Client = makeGenericClientConstructor({}, 'any');
    const client = new Client(`127.0.0.1:${stack.ports.sidecarGrpc}`, credentials.createInsecure());
    const metadata = new Metadata();
    if (token) metadata.set('dapr-api-token', token);
    return new Promise<string>((resolve) => {
      client.makeUnaryRequest(
        method,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.alloc(0),
        metadata,
        { deadline: Date.now() + 10_000 },
        (error) => {
          client.close();
          resolve(error ? `${error.code} ${error.details}` : 'done');
        },
      );
    });
  };
  const { sidecarToken } = stack.endpoints;
  const dapr = '/dapr.proto.runtime.v1.Dapr';
  for (const method of ['StartInstance', 'GetInstance', 'RaiseEvent', 'PurgeInstances']) {
    expect(await answerOf(`/TaskHubSidecarService/${method}`)).toMatch(/^16 /);
    expect(await answerOf(`/TaskHubSidecarService/${method}`, 'guess')).toMatch(/^16 /);
  }
  expect(await answerOf('/TaskHubSidecarService/GetInstance', sidecarToken)).not.toMatch(/^1[26] /);
  expect(await answerOf(`${dapr}/InvokeService`)).toMatch(/^16 /);
  for (const name of [
    'GetSecret',
    'GetBulkSecret',
    'Shutdown',
    'InvokeActor',
    'GetState',
    'PublishEvent',
    'ScheduleJob',
  ]) {
    // An unknown method would be refused in other words.
    expect(await answerOf(`${dapr}/${name}`, sidecarToken)).toBe('12 Not Implemented');
  }
});

test('after all of it sidecar and app run on, and nothing is spent', async () => {
  expect(await quota()).toMatchObject({ spent: { transactions: 0 } });
  expect(stack.events.filter(({ kind }) => kind === 'died')).toEqual([]);
  const answer = await stack.sidecar(`/v1.0/invoke/${APP_ID}/method${pathOf(ENDPOINTS.getQuota)}`);
  expect([answer.status, await answer.json()]).toEqual([200, await quota()]);
});

test('token and secrets lie in files of their owner; the file of the components holds no more than they name', () => {
  for (const name of ['keys.json', 'secrets.json', 'env', 'endpoints.json']) {
    expect(statSync(join(stack.home, name)).mode & 0o077).toBe(0);
  }
  const secrets = Object.keys(JSON.parse(readFileSync(join(stack.home, 'secrets.json'), 'utf8')));
  expect(secrets).not.toContain('VISION_KEY');
  expect(secrets).toContain('COSMOS_KEY');
  expect(readFileSync(join(stack.home, 'env'), 'utf8')).toContain(`DAPR_API_TOKEN='${stack.endpoints.sidecarToken}'`);
});

test('the database of the scheduler listens where nobody guesses it, as far as the system has such addresses', async () => {
  const { hostname } = new URL(stack.etcd);
  expect(hostname === '127.0.0.1').toBe(process.platform !== 'linux');
  expect((await fetch(`${stack.etcd}/version`)).status).toBe(200);
  for (const port of [stack.ports.schedulerEtcdClient, stack.ports.schedulerEtcdPeer]) {
    expect(await answers(port)).toBe(hostname === '127.0.0.1');
  }
});
