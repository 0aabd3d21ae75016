import { AppError } from '../../src/domain/errors';
import { listActivity, listContainers, listImages } from '../../src/contract/endpoints/containers';
import { ContainerSchema } from '../../src/contract/schemas/container';
import { anImage, aRun, runId } from './fake-use-cases';
import { aPublicApp, expectProblem, expectShape } from './listening';

describe('GET containers', () => {
  test('lists them by name, page by page, with their runs and links', async () => {
    const { api, useCases } = aPublicApp({ publicUrl: 'http://p' });
    useCases.images.push(anImage('a.jpg'));
    useCases.runs.set(runId(2), aRun({ id: runId(2) }));
    const first = expectShape(
      (await api.get('/api/v1/containers?maxpagesize=1')).body,
      listContainers.answers[200].body,
    );
    expect(first.value).toMatchObject([{ container: 'empty', images: { total: 0 } }]);
    const next = String(first.nextLink).replace('http://p', '');
    const last = expectShape((await api.get(next)).body, listContainers.answers[200].body);
    expect(last.nextLink).toBeUndefined();
    expect(last.value).toEqual([
      {
        container: 'photos',
        images: { total: 1, succeeded: 1, failed: 0, skipped: 0, removed: 0 },
        activeRun: runId(2),
        lastRun: runId(1),
        updatedAt: '2026-01-02T00:00:00.000Z',
        links: {
          self: 'http://p/api/v1/containers/photos',
          images: 'http://p/api/v1/containers/photos/images',
          runs: 'http://p/api/v1/runs?container=photos',
          activeRun: `http://p/api/v1/runs/${runId(2)}`,
          lastRun: `http://p/api/v1/runs/${runId(1)}`,
        },
      },
    ]);
  });

  test.each(['?maxpagesize=0', '?maxpagesize=-5', '?x=1', '?continuation=x'])('%s is refused', async (query) => {
    expectProblem(await aPublicApp().api.get(`/api/v1/containers${query}`), 'invalid-request');
  });
});

describe('GET a container', () => {
  test('shows its totals and links', async () => {
    const { api, useCases } = aPublicApp({ publicUrl: 'http://p' });
    useCases.images.push(anImage('a.jpg'), anImage('b.jpg', { status: 'removed' }));
    const body = expectShape((await api.get('/api/v1/containers/photos')).body, ContainerSchema);
    expect(body.images).toEqual({ total: 1, succeeded: 1, failed: 0, skipped: 0, removed: 1 });
    expect(body.links).toEqual({
      self: 'http://p/api/v1/containers/photos',
      images: 'http://p/api/v1/containers/photos/images',
      runs: 'http://p/api/v1/runs?container=photos',
      activity: 'http://p/api/v1/containers/photos/activity',
      lastRun: `http://p/api/v1/runs/${runId(1)}`,
    });
  });

  test.each([
    ['nowhere', 'container-not-found'],
    ['NO', 'invalid-container-name'],
    ['%24logs', 'system-container'],
    ['photos?x=1', 'invalid-request'],
    ['a%2Fb', 'invalid-container-name'],
  ] as const)('%s is refused as %s', async (container, code) => {
    expectProblem(await aPublicApp().api.get(`/api/v1/containers/${container}`), code);
  });

  test('a store that does not answer is 503 with Retry-After and without its message', async () => {
    const { api, useCases } = aPublicApp();
    useCases.failNext(new AppError('results-unavailable', 'https://secret.documents.azure.com timed out'));
    const response = await api.get('/api/v1/containers/photos');
    expectProblem(response, 'results-unavailable');
    expect(response.get('Retry-After')).toBe('5');
    expect(response.text).not.toContain('secret');
  });
});

describe('GET the images of a container', () => {
  test('page by page, filtered by status and by tag in any case', async () => {
    const { api, useCases } = aPublicApp({ publicUrl: 'http://p' });
    for (let n = 0; n < 5; n++) useCases.images.push(anImage(`${n}.jpg`));
    useCases.images.push(anImage('bad.jpg', { status: 'failed', reason: 'corrupt' }));
    const first = expectShape(
      (await api.get('/api/v1/containers/photos/images?status=succeeded&tag=Mountain&maxpagesize=3')).body,
      listImages.answers[200].body,
    );
    expect(first.value.map(({ blob }) => blob)).toEqual(['0.jpg', '1.jpg', '2.jpg']);
    const next = new URL(first.nextLink ?? '');
    const second = expectShape((await api.get(next.pathname + next.search)).body, listImages.answers[200].body);
    expect(second.value.map(({ blob }) => blob)).toEqual(['3.jpg', '4.jpg']);
    expect(second).not.toHaveProperty('nextLink');
  });

  test('50 a page when nothing is said', async () => {
    const { api, useCases } = aPublicApp();
    for (let n = 0; n < 60; n++) useCases.images.push(anImage(`${n}.jpg`));
    expect((await api.get('/api/v1/containers/photos/images')).body.value).toHaveLength(50);
  });

  test.each(['500', '101', '9007199254740993', '1'.repeat(400)])(
    'of %s that are wanted a page holds 100',
    async (size) => {
      const { api, useCases } = aPublicApp();
      for (let n = 0; n < 120; n++) useCases.images.push(anImage(`${n}.jpg`));
      const first = await api.get(`/api/v1/containers/photos/images?maxpagesize=${size}`);
      expect(first.body.value).toHaveLength(100);
      const next = new URL(first.body.nextLink);
      const { body } = await api.get(next.pathname + next.search);
      expect(body.value).toHaveLength(20);
      expect(body.nextLink).toBeUndefined();
    },
  );

  test('the link of the next page leads to the host that was asked, and only to a plain one', async () => {
    const { api, useCases } = aPublicApp();
    useCases.images.push(anImage('a'), anImage('b'));
    const path = '/api/v1/containers/photos/images?maxpagesize=1';
    const asked = await api.get(path).set('Host', '[::1]:8080').set('X-Forwarded-Host', 'evil.example');
    expect(asked.body.nextLink).toMatch(/^http:\/\/\[::1\]:8080\/api\//);
    expectProblem(await api.get(path).set('Host', 'a"><script>'), 'invalid-request');
    expectProblem(await api.get(path).set('Host', 'user@evil.example'), 'invalid-request');
  });

  test('forwarded headers count for nothing: PUBLIC_URL says where callers reach us', async () => {
    const { api, useCases } = aPublicApp();
    useCases.images.push(anImage('a'), anImage('b'));
    const { body } = await api
      .get('/api/v1/containers/photos/images?maxpagesize=1')
      .set({ 'X-Forwarded-Host': 'pictures.example, inner', 'X-Forwarded-Proto': 'https, http' });
    expect(body.nextLink).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\//);
  });

  test.each(['status=done', 'tag=', 'filter=x', 'status=failed&status=skipped'])('%s is refused', async (query) => {
    expectProblem(await aPublicApp().api.get(`/api/v1/containers/photos/images?${query}`), 'invalid-request');
  });
});

describe('GET the activity of a container', () => {
  test('lists the events that came back', async () => {
    const { api, useCases } = aPublicApp();
    const entry = {
      id: `${runId(1)}/run-started`,
      container: 'photos',
      type: 'io.contactsheet.run.started.v1',
      subject: `containers/photos/runs/${runId(1)}`,
      time: '2026-01-02T03:04:05Z',
      data: { runId: runId(1) },
    };
    useCases.activity.push({ ...entry, _rid: 'x' } as never);
    const page = expectShape(
      (await api.get('/api/v1/containers/photos/activity')).body,
      listActivity.answers[200].body,
    );
    expect(page).toEqual({ value: [entry] });
  });

  test('refuses what it does not know', async () => {
    expectProblem(await aPublicApp().api.get('/api/v1/containers/photos/activity?since=x'), 'invalid-request');
  });
});
