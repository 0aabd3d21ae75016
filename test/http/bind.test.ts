import type { Handler } from '../../src/http/bind';
import { badRequest } from '../../src/http/request-error';
import type { RunBody } from '../../src/contract/schemas/run';
import { aPublicApp, expectProblem } from './listening';

declare const run: RunBody;

/** Held by the compiler: each line below is an error that it must find. */
const refused = {
  // @ts-expect-error getRun does not answer 202
  status: (() => ({ status: 202, body: run })) satisfies Handler<'getRun'>,
  // @ts-expect-error a run has a number of calls
  shape: (() => ({ status: 200, body: { ...run, calls: 'many' } })) satisfies Handler<'getRun'>,
  // @ts-expect-error 202 says where the run is
  headers: (() => ({ status: 202, body: run })) satisfies Handler<'startRun'>,
  // @ts-expect-error 204 has no body
  body: (() => ({ status: 204, body: run })) satisfies Handler<'removeWatch'>,
  // @ts-expect-error a problem is thrown, not answered
  problem: (() => ({ status: 409, body: run })) satisfies Handler<'startRun'>,
};

describe('endpoints as routes', () => {
  test('every request passes the one door, with its endpoint, before its parts are read', async () => {
    const asked: string[] = [];
    const { api, useCases } = aPublicApp({
      authorize: async ({ id, access }) => {
        asked.push(`${id}: ${access}`);
        throw badRequest('/query', 'Not today.');
      },
    });
    expectProblem(await api.get('/api/v1/runs/nobody?x=1'), 'invalid-request');
    expectProblem(await api.post('/api/v1/containers/photos/runs').send('{'), 'invalid-request');
    expect(asked).toEqual(['getRun: reader', 'startRun: operator']);
    expect(useCases.commands).toEqual([]);
  });

  test('paths of /api/v1 are matched as they are written', async () => {
    const { api } = aPublicApp();
    expect((await api.get('/api/v1/runs')).status).toBe(200);
    expectProblem(await api.get('/api/V1/runs'), 'route-not-found');
    expectProblem(await api.get('/api/v1/Runs'), 'route-not-found');
  });
});

test('a handler that answers otherwise than its endpoint does not compile', () => {
  expect(Object.keys(refused)).toHaveLength(5);
});
