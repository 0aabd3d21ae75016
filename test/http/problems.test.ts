import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, ERROR_CODES } from '../../src/domain/errors';
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from '../../src/contract/problems';
import { exempt } from '../answers/exemptions';
import { runId } from './fake-use-cases';
import { aPublicApp, expectProblem } from './listening';

const RUN = `/api/v1/runs/${runId(1)}`;

exempt({
  reason: 'One operation throws the codes of all of them: what matters is the problem, not who may answer it.',
  covers: ({ path, status }) => path === RUN && status >= 400,
});

describe('problems', () => {
  test.each(ERROR_CODES)('%s leaves with its status, and above 499 without its message', async (code) => {
    const { api, useCases, lines } = aPublicApp();
    useCases.failNext(new AppError(code, 'AccountKey=secret at /home/x/file.ts:1'));
    const response = await api.get(RUN).set('x-request-id', 'abc');
    const problem = expectProblem(response, code);
    expect(problem.requestId).toBe('abc');
    expect(problem.instance).toBe(RUN);
    expect(response.text.includes('secret')).toBe(problem.status < 500);
    const logged = lines().filter(({ event }) => event === 'http.failed');
    expect(logged).toHaveLength(problem.status < 500 ? 0 : 1);
    if (logged[0])
      expect(logged[0]).toMatchObject({ requestId: 'abc', code, err: { message: expect.stringContaining('secret') } });
  });

  test.each([
    new Error('boom secret'),
    new TypeError('x secret'),
    'secret',
    undefined,
    null,
    42,
    { status: 200, secret: 1 },
  ])('what is thrown besides (%p) is internal and stays inside', async (thrown) => {
    const { api, useCases } = aPublicApp();
    useCases.failNext(thrown);
    const response = await api.get(RUN);
    expectProblem(response, 'internal');
    expect(response.text).not.toContain('secret');
    expect(response.text).not.toContain('.ts:');
  });

  test('everything that is temporary says when to try again', () => {
    const temporary = PROBLEM_CODES.filter((code) => PROBLEMS[code].status === 503);
    expect(temporary).toEqual([
      'storage-unavailable',
      'results-unavailable',
      'manifests-unavailable',
      'sidecar-unavailable',
      'workflow-unavailable',
      'identity-unavailable',
      'not-ready',
    ]);
  });

  test.each([
    '/',
    '/favicon.ico',
    '/apix',
    '/api',
    '/api/v2/runs',
    '/api/v1/',
    '/actors/x',
    '/dapr/config',
    '/events/runs',
  ])('%s is no public route', async (path) => {
    expectProblem(await aPublicApp().api.get(path), 'route-not-found');
  });

  test('the page behind `type` has a section for every code', async () => {
    const response = await aPublicApp().api.get('/docs/errors');
    expect([response.status, response.type]).toEqual([200, 'text/html']);
    for (const code of PROBLEM_CODES) expect(response.text).toContain(`<h2 id="${code}">`);
  });

  test('docs/errors.md says what the table says', () => {
    const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
    const sections = page.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([...PROBLEM_CODES]);
    for (const [index, code] of PROBLEM_CODES.entries()) expect(`## ${sections[index]}`.trim()).toBe(sectionOf(code));
  });
});

/** The form of one section of docs/errors.md. */
function sectionOf(code: ProblemCode): string {
  const { status, title, cause, cure } = PROBLEMS[code];
  return `## ${code}\n\n**${status}: ${title}.**\n\nCause: ${cause}\n\nCure: ${cure}`;
}
