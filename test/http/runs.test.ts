import { adviceOn } from '../../src/domain/image/advice';
import { listRuns } from '../../src/contract/endpoints/runs';
import { RunSchema } from '../../src/contract/schemas/run';
import { aRun, runId } from './fake-use-cases';
import { aPublicApp, expectProblem, expectShape } from './listening';

const RunPageSchema = listRuns.answers[200].body;
type RunPage = ReturnType<typeof RunPageSchema.parse>;

const START = '/api/v1/containers/photos/runs';

test('a run that failed says what to do about it, where that is known', async () => {
  const { api, useCases } = aPublicApp();
  const cureOf = async (run: Parameters<typeof aRun>[0]) => {
    useCases.runs.clear();
    useCases.runs.set(runId(1), aRun({ id: runId(1), ...run }));
    return expectShape((await api.get(`/api/v1/runs/${runId(1)}`)).body, RunSchema).cure;
  };
  const reason = "vision-unsupported-feature: The feature 'Caption' is not supported in this region.";
  expect(await cureOf({ status: 'Failed', reason })).toMatch(/^Correct VISION_FEATURES/);
  expect(await cureOf({ status: 'Failed', reason: 'toString: what nobody knows' })).toBeUndefined();
  expect(await cureOf({ status: 'Failed' })).toBeUndefined();
  expect(await cureOf({ status: 'Cancelled', reason })).toBeUndefined();
});

describe('POST a run', () => {
  test('answers 202 with the run, its links and where to ask', async () => {
    const { api, useCases } = aPublicApp({ publicUrl: 'https://pictures.example' });
    const response = await api.post(START);
    expect(response.status).toBe(202);
    const run = expectShape(response.body, RunSchema);
    expect(run.links).toEqual({
      self: `https://pictures.example/api/v1/runs/${runId(1)}`,
      container: 'https://pictures.example/api/v1/containers/photos',
      images: 'https://pictures.example/api/v1/containers/photos/images',
      runImages: `https://pictures.example/api/v1/runs/${runId(1)}/images`,
      steps: `https://pictures.example/api/v1/runs/${runId(1)}/steps`,
      report: `https://pictures.example/api/v1/runs/${runId(1)}/report`,
      receipt: `https://pictures.example/api/v1/runs/${runId(1)}/receipt`,
      audit: `https://pictures.example/api/v1/runs/${runId(1)}/audit`,
      status: `https://pictures.example/runtime/webhooks/durabletask/instances/${runId(1)}`,
    });
    expect(response.get('Location')).toBe(run.links.self);
    expect(response.get('Operation-Location')).toBe(run.links.self);
    expect(response.get('Retry-After')).toBe('5');
    expect(useCases.commands).toEqual([{ container: 'photos' }]);
  });

  test('takes a prefix and the consent to a shrunken listing', async () => {
    const { api, useCases } = aPublicApp();
    const response = await api.post(`${START}?confirmShrink=true`).send({ prefix: 'ferien/2026 ä#🙂' });
    expect(response.status).toBe(202);
    expect(useCases.commands).toEqual([{ container: 'photos', prefix: 'ferien/2026 ä#🙂', confirmShrink: true }]);
  });

  test('takes when to ask before it spends, and how much it may spend', async () => {
    const { api, useCases } = aPublicApp();
    for (const approval of ['auto', 'always', { above: 2.5 }]) {
      useCases.runs.clear();
      expect((await api.post(START).send({ approval, maxTransactions: 100 })).status).toBe(202);
      expect(useCases.commands.at(-1)).toEqual({ container: 'photos', approval, maxTransactions: 100 });
    }
  });

  test('takes which images of an earlier run it is for, and shows it', async () => {
    const { api, useCases } = aPublicApp();
    for (const retry of [{}, { status: 'skipped', reason: 'too-large' }, { code: 'vision-timeout' }]) {
      useCases.runs.clear();
      const { body } = await api.post(START).send({ prefix: 'a/', retry });
      expect(useCases.commands.at(-1)).toEqual({ container: 'photos', prefix: 'a/', retry });
      expect(expectShape(body, RunSchema).retry).toEqual(retry);
    }
  });

  test('takes what Vision is asked for, in any case and each once, and shows it', async () => {
    const { api, useCases } = aPublicApp();
    const { body } = await api.post(START).send({ features: ['tags', ' Adult ', 'TAGS'] });
    expect(useCases.commands).toEqual([{ container: 'photos', features: ['tags', 'Adult', 'TAGS'] }]);
    expect(expectShape(body, RunSchema).features).toEqual(['Adult', 'Tags']);
    useCases.runs.clear();
    const configured = expectShape((await api.post(START).send({})).body, RunSchema);
    expect(configured.features).toEqual(['Categories', 'Color', 'Description', 'Tags']);
  });

  test('a feature that Vision does not have is refused where it stands, with those it has', async () => {
    const { api, useCases } = aPublicApp();
    const problem = expectProblem(await api.post(START).send({ features: ['Tags', 'smiles'] }), 'invalid-request');
    expect(problem.errors).toEqual([
      { pointer: '/body/features/1', detail: expect.stringMatching(/smiles; it has Categories, Tags, .*Celebrities/) },
    ]);
    expect(useCases.commands).toEqual([]);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'application/merge-patch+json'])(
    'reads %s',
    async (type) => {
      const { api, useCases } = aPublicApp();
      await api.post(START).set('Content-Type', type).send('{"prefix":"a"}');
      expect(useCases.commands).toEqual([{ container: 'photos', prefix: 'a' }]);
    },
  );

  test('an empty body with a content type is no body', async () => {
    const response = await aPublicApp().api.post(START).set('Content-Type', 'application/octet-stream');
    expect(response.status).toBe(202);
  });

  test('unknown fields and parameters are refused by name', async () => {
    const { api, useCases } = aPublicApp();
    const body = expectProblem(await api.post(START).send({ prefix: 'a', 'max/imum': 1, other: 2 }), 'invalid-request');
    expect(body.errors).toEqual([
      { pointer: '/body/max~1imum', detail: 'Unknown field.' },
      { pointer: '/body/other', detail: 'Unknown field.' },
    ]);
    const query = expectProblem(await api.post(`${START}?force=true&confirmShrink[x]=true`), 'invalid-request');
    expect(query.errors?.map(({ pointer }) => pointer)).toEqual(['/query/force', '/query/confirmShrink[x]']);
    expect(useCases.commands).toEqual([]);
  });

  test.each([
    [{ prefix: 1 }, '/body/prefix'],
    [{ prefix: null }, '/body/prefix'],
    [{ prefix: 'x'.repeat(1_025) }, '/body/prefix'],
    [{ prefix: '\ud800' }, '/body/prefix'],
    [[], '/body'],
    [{ approval: 'never' }, '/body/approval', '"auto", "always", or {"above": AMOUNT}.'],
    [{ approval: { above: -1 } }, '/body/approval/above'],
    [{ approval: { above: '5' } }, '/body/approval/above'],
    [{ approval: {} }, '/body/approval/above'],
    [{ maxTransactions: 1.5 }, '/body/maxTransactions'],
    [{ features: [] }, '/body/features'],
    [{ features: 'Tags' }, '/body/features'],
    [{ features: ['Tags', ' '] }, '/body/features/1'],
    [{ features: [7] }, '/body/features/0'],
    [{ features: Array(21).fill('Tags') }, '/body/features'],
    [{ maxTransactions: -1 }, '/body/maxTransactions'],
    [{ retry: 'failed' }, '/body/retry'],
    [{ retry: { status: 'succeeded' } }, '/body/retry/status'],
    [{ retry: { code: '' } }, '/body/retry/code'],
    [{ retry: { prefix: 'a/' } }, '/body/retry/prefix'],
  ])('%j is refused at %s', async (body, pointer, detail: unknown = expect.any(String)) => {
    const problem = expectProblem(await aPublicApp().api.post(START).send(body), 'invalid-request');
    expect(problem.errors?.[0]).toEqual({ pointer, detail });
  });

  test('an active run answers 409 with its link', async () => {
    const { api } = aPublicApp({ publicUrl: 'http://p' });
    await api.post(START);
    const problem = expectProblem(await api.post(START), 'run-active');
    expect(problem).toMatchObject({
      existingRun: runId(1),
      links: { existingRun: `http://p/api/v1/runs/${runId(1)}` },
    });
  });

  test.each([
    ['Photos', 'invalid-container-name'],
    ['contactsheet-manifests', 'system-container'],
    ['nowhere', 'container-not-found'],
  ] as const)('container %s is refused as %s', async (container, code) => {
    expectProblem(await aPublicApp().api.post(`/api/v1/containers/${container}/runs`), code);
  });

  test('a page of another site starts nothing; one of this address does', async () => {
    const { api, useCases } = aPublicApp();
    expectProblem(await api.post(START).set('Sec-Fetch-Site', 'cross-site'), 'cross-site');
    expect(useCases.commands).toEqual([]);
    expect((await api.post(START).set('Sec-Fetch-Site', 'same-origin')).status).toBe(202);
  });
});

describe('GET a run', () => {
  test('says when to ask again while it goes on, and nothing once it has ended', async () => {
    const { api, useCases } = aPublicApp();
    useCases.runs.set(runId(1), aRun({ waiting: 'Vision asked us to wait.' }));
    const running = await api.get(`/api/v1/runs/${runId(1)}`);
    expect([running.status, running.get('Retry-After')]).toEqual([200, '5']);
    expectShape(running.body, RunSchema);
    const group = { reason: 'corrupt', code: 'corrupt', stage: 'vision', count: 1, retryable: false, sample: 'a.jpg' };
    useCases.runs.set(
      runId(1),
      aRun({ status: 'CompletedWithErrors', phase: 'done', endedAt: '2026-01-02T03:05:00Z', failureGroups: [group] }),
    );
    const ended = await api.get(`/api/v1/runs/${runId(1)}`);
    expect(ended.headers).not.toHaveProperty('retry-after');
    expect(expectShape(ended.body, RunSchema).failureGroups).toEqual([{ ...group, advice: adviceOn(group.reason) }]);
  });

  test('what a store adds to a run stays inside', async () => {
    const { api, useCases } = aPublicApp();
    useCases.runs.set(runId(1), { ...aRun(), _rid: 'x', _etag: 'y' } as never);
    expectShape((await api.get(`/api/v1/runs/${runId(1)}`)).body, RunSchema);
  });

  test.each([runId(9), 'x', '..%2f..', runId(1).toUpperCase()])('unknown id %s answers 404', async (id) => {
    expectProblem(await aPublicApp().api.get(`/api/v1/runs/${id}`), 'run-not-found');
  });

  test('takes no parameters', async () => {
    const problem = expectProblem(await aPublicApp().api.get(`/api/v1/runs/${runId(1)}?expand=all`), 'invalid-request');
    expect(problem.errors).toEqual([{ pointer: '/query/expand', detail: 'Unknown parameter.' }]);
  });
});

describe('GET the runs', () => {
  function withRuns(count: number) {
    const shell = aPublicApp({ publicUrl: 'http://p' });
    for (let n = 1; n <= count; n++) {
      const container = n % 2 ? 'photos' : 'empty';
      shell.useCases.runs.set(
        runId(n),
        aRun({ id: runId(n), container, status: n === count ? 'Running' : 'Completed' }),
      );
    }
    return shell;
  }

  test('newest first, page by page, until nextLink is absent', async () => {
    const { api } = withRuns(7);
    const seen: string[] = [];
    let path: string | undefined = '/api/v1/runs?maxpagesize=3&container=photos';
    while (path !== undefined) {
      const page: RunPage = expectShape((await api.get(path)).body, listRuns.answers[200].body);
      seen.push(...page.value.map(({ id }) => id));
      const next: URL | undefined = page.nextLink === undefined ? undefined : new URL(page.nextLink);
      expect(next?.searchParams.get('maxpagesize') ?? '3').toBe('3');
      expect(next?.searchParams.get('container') ?? 'photos').toBe('photos');
      path = next && next.pathname + next.search;
    }
    expect(seen).toEqual([7, 5, 3, 1].map(runId));
  });

  test('status may be repeated or separated by commas', async () => {
    const { api } = withRuns(3);
    for (const query of [
      'status=Running,Paused',
      'status=Running&status=Paused',
      'status=Paused,Queued&status=Running',
    ]) {
      const { body } = await api.get(`/api/v1/runs?${query}`);
      expect(body.value.map((run: { id: string }) => run.id)).toEqual([runId(3)]);
    }
  });

  test('a continuation survives a change of the page size, and only that', async () => {
    const { api } = withRuns(7);
    const { nextLink } = (await api.get('/api/v1/runs?maxpagesize=2&status=Completed,Running')).body;
    const { searchParams } = new URL(nextLink);
    const token = searchParams.get('continuation') ?? '';
    const resumed = (size: number, filter: string, continuation: string) =>
      api.get('/api/v1/runs').query({ maxpagesize: size, status: filter, continuation });
    expect((await resumed(3, 'Completed,Running', token)).body.value).toHaveLength(3);
    expectProblem(await resumed(2, 'Running', token), 'invalid-request');
    expectProblem(await resumed(2, 'Completed,Running', token.slice(1)), 'invalid-request');
    expectProblem(await api.get('/api/v1/containers/photos/images').query({ continuation: token }), 'invalid-request');
  });

  test.each([
    ['maxpagesize=0', '/query/maxpagesize'],
    ['maxpagesize=-1', '/query/maxpagesize'],
    ['maxpagesize=5.5', '/query/maxpagesize'],
    ['maxpagesize=', '/query/maxpagesize'],
    ['maxpagesize=1e1', '/query/maxpagesize'],
    ['maxpagesize=5&maxpagesize=6', '/query/maxpagesize'],
    ['status=running', '/query/status/0'],
    ['status=', '/query/status/0'],
    ['continuation=', '/query/continuation'],
    ['continuation=2', '/query/continuation'],
    ['top=5', '/query/top'],
    ['__proto__=5', '/query/__proto__'],
  ])('%s is refused at %s', async (query, pointer) => {
    const problem = expectProblem(await aPublicApp().api.get(`/api/v1/runs?${query}`), 'invalid-request');
    expect(problem.errors?.[0]?.pointer).toBe(pointer);
  });

  test('a filter that is no container name is refused', async () => {
    const name = expectProblem(await aPublicApp().api.get('/api/v1/runs?container=No'), 'invalid-container-name');
    expect(name.errors?.[0]?.pointer).toBe('/query/container');
  });

  test('other verbs are refused with Allow', async () => {
    const response = await aPublicApp().api.delete('/api/v1/runs');
    expectProblem(response, 'method-not-allowed');
    expect(response.get('Allow')).toBe('GET, HEAD');
  });
});
