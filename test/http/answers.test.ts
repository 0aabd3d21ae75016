import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathOf } from '../../src/contract/path';
import { ENDPOINTS } from '../../src/contract/endpoints';
import { exempt } from '../answers/exemptions';
import { faultsOf, type Seen } from '../answers/faults';
import { type Listening, listenToAnswers } from '../answers/listening';
import { operationOf, pathAlone } from '../answers/operation-of';
import { runId } from './fake-use-cases';
import { aPublicApp } from './listening';

/** The check that holds every answer against the contract finds what it should find. */

exempt({ reason: 'A server of this file answers wrongly on purpose.', covers: () => true });

const RUN = pathOf(ENDPOINTS.getRun, { id: runId(1) });
const PAUSE = pathOf(ENDPOINTS.pauseRun, { id: runId(1) });
const REPORT = pathOf(ENDPOINTS.getRunReport, { id: runId(1) });
const UNWATCH = pathOf(ENDPOINTS.removeWatch, { container: 'photos' });

async function aRun(): Promise<Record<string, unknown>> {
  const { api } = aPublicApp();
  return (await api.post(pathOf(ENDPOINTS.startRun, { container: 'photos' }))).body as Record<string, unknown>;
}

async function aProblem(): Promise<Record<string, unknown>> {
  return (await aPublicApp().api.get('/api/v1/runs/none')).body as Record<string, unknown>;
}

function seen(path: string, body: unknown, more: Partial<Seen> & { readonly headers?: Record<string, string> } = {}) {
  const { headers = { 'content-type': 'application/json' }, ...rest } = more;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return faultsOf({ method: 'GET', path, status: 200, header: (name) => headers[name.toLowerCase()], text, ...rest });
}

const faulty = (...faults: string[]) => faults.map((fault) => expect.stringContaining(fault));

describe('an answer', () => {
  test('as declared has no fault', async () => {
    expect(seen(RUN, await aRun())).toEqual([]);
    expect(seen(UNWATCH, '', { method: 'DELETE', status: 204, headers: {} })).toEqual([]);
  });

  test('with a field that is not declared, at any depth, names the field', async () => {
    const run = await aRun();
    expect(seen(RUN, { ...run, colour: 'red' })).toEqual(faulty(`getRun (GET ${RUN}) 200: /colour is not declared`));
    expect(seen(RUN, { ...run, counts: { ...(run.counts as object), lost: 1 } })).toEqual(
      faulty('/counts/lost is not'),
    );
  });

  test('without a field, or with another type in it, names the field', async () => {
    const { container: _, ...rest } = await aRun();
    expect(seen(RUN, rest)).toEqual(faulty('/container '));
    expect(seen(RUN, { ...rest, container: 7 })).toEqual(faulty('/container '));
  });

  test('with a status that is not declared names those that are', async () => {
    expect(seen(RUN, await aRun(), { status: 418 })).toEqual(
      faulty('418: this status is not declared, only 200, 400, 401, 403, 404, 408, 417, 421, 429, 431'),
    );
  });

  test('of another media type, or without a header that is promised', async () => {
    const run = await aRun();
    expect(seen(RUN, run, { headers: { 'content-type': 'text/html' } })).toEqual(
      faulty('media type text/html is not application/json'),
    );
    expect(seen(PAUSE, run, { method: 'POST', status: 202 })).toEqual(
      faulty('header Location is missing', 'header Operation-Location is missing', 'header Retry-After is missing'),
    );
  });

  test('that is a failure of ours is a problem too, and its code says its status', async () => {
    const problem = await aProblem();
    const headers = { 'content-type': 'application/problem+json', 'x-ms-error-code': 'internal' };
    expect(seen(RUN, problem, { status: 500, headers })).toEqual([]);
    expect(seen(RUN, problem, { status: 503, headers })).toEqual(faulty('x-ms-error-code is internal'));
    expect(seen(RUN, { oops: true }, { status: 500, headers })).not.toEqual([]);
  });

  test('of lines is held line by line', () => {
    const headers = { 'content-type': 'application/x-ndjson' };
    expect(seen(REPORT, '{"blob":1}\n', { headers })).toContainEqual(expect.stringContaining('/line 0/blob '));
  });

  test('with a body where there is none, or to a path that has no operation', () => {
    expect(seen(UNWATCH, '{}', { method: 'DELETE', status: 204 })).toEqual(faulty('the body is not empty'));
    expect(seen('/api/v1/nothing', {})).toEqual(faulty('only a refusal may be answered'));
    expect(seen('/elsewhere', {})).toEqual([]);
  });
});

describe('the operation', () => {
  test.each(Object.values(ENDPOINTS))('$id is found by its method and path', (endpoint) => {
    const path = endpoint.path.replace(/\{\w+\}/g, 'a%2Fb');
    expect(operationOf(endpoint.method, path)).toBe(endpoint);
    expect(operationOf(endpoint.method, pathAlone(`/v1.0/invoke/contactsheet/method${path}?x=/y`))).toBe(endpoint);
  });

  test('of HEAD is that of GET, unless it starts something; a verb is no part of an id', () => {
    expect(operationOf('HEAD', RUN)).toBe(ENDPOINTS.getRun);
    expect(operationOf('HEAD', ENDPOINTS.startByTutorialGet.path)).toBeUndefined();
    expect(operationOf('GET', PAUSE)).toBeUndefined();
  });
});

describe('the ear', () => {
  let server: Server;
  let url: string;
  const heard: Seen[] = [];
  let listening: Listening;

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url !== '/strange') response.setHeader('x-request-id', 'x');
      response.write('{"a":');
      setTimeout(() => response.end('1}'), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    listening = listenToAnswers((one) => heard.push(one));
  });
  beforeEach(() => {
    heard.length = 0;
  });
  afterAll(async () => {
    listening.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  const one = { method: 'GET', path: '/p', status: 200, text: '{"a":1}' };
  const asked = (path: string) =>
    new Promise<string>((resolve, reject) => {
      get(url + path, { agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('end', () => resolve(text));
      }).once('error', reject);
    });

  test('hears what node:http is answered, and the asker hears it too', async () => {
    expect(await asked('/p?q=1')).toBe('{"a":1}');
    await listening.settled();
    expect(heard).toEqual([expect.objectContaining(one)]);
    expect(heard[0]?.header('Content-Type')).toBe('application/json');
  });

  test('hears what fetch is answered, read or not', async () => {
    expect(await (await fetch(`${url}/p?q=1`)).json()).toEqual({ a: 1 });
    await fetch(`${url}/p`, { method: 'post' });
    await listening.settled();
    expect(heard).toEqual([expect.objectContaining(one), expect.objectContaining({ ...one, method: 'POST' })]);
    expect(heard[0]?.header('Content-Type')).toBe('application/json');
  });

  test('hears the product, refusals and probes too', async () => {
    const { api } = aPublicApp();
    await api.get(RUN);
    await api.get(ENDPOINTS.livez.path);
    await api.delete(RUN);
    await listening.settled();
    expect(heard.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['GET', RUN, 404],
      ['GET', '/livez', 200],
      ['DELETE', RUN, 405],
    ]);
  });

  test('passes by what the product did not answer', async () => {
    await asked('/strange');
    await (await fetch(`${url}/strange`)).text();
    await listening.settled();
    expect(heard).toEqual([]);
  });
});
