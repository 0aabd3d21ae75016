import { refusalOf } from '../../../packages/cli/src/api/failures';
import { PROBLEM_CODES, PROBLEMS } from '../../../src/contract/problems';

const EXIT_CODES: Readonly<Record<number, number>> = {
  400: 2,
  401: 6,
  403: 6,
  404: 5,
  405: 5,
  408: 7,
  409: 8,
  410: 5,
  412: 8,
  413: 2,
  415: 2,
  417: 2,
  421: 2,
  422: 2,
  429: 7,
  431: 2,
  500: 1,
  502: 1,
  503: 7,
  504: 7,
  507: 1,
};

test.each(PROBLEM_CODES)('%s has the exit code of its status, its cure, and a request id when it is ours', (code) => {
  const { status, title, cure } = PROBLEMS[code];
  const refusal = refusalOf(status, { title, status, detail: 'd', code, cure, requestId: 'r1' }, 'x');
  expect(refusal).toMatchObject({ exitCode: EXIT_CODES[status], status, code });
  expect(refusal.help.includes('request id: r1')).toBe(status >= 500);
  if (code !== 'route-not-found' && code !== 'method-not-allowed') expect(refusal.help).toContain(`cure: ${cure}`);
});

test('every fault of a request is named', () => {
  const errors = [
    { pointer: '/body/prefix', detail: 'Too long.' },
    { pointer: '/query/x', detail: 'Unknown parameter.' },
  ];
  expect(refusalOf(400, { title: 't', code: 'invalid-request', errors }, 'x').help).toEqual([
    '  /body/prefix: Too long.',
    '  /query/x: Unknown parameter.',
  ]);
});

test.each([[502], [503], [504]])('%i of a gateway in front is an API that is away', (status) => {
  expect(refusalOf(status, undefined, 'x').exitCode).toBe(7);
});

test('an answer of something else points at the address', () => {
  expect(refusalOf(404, { message: 'nginx' }, 'x')).toMatchObject({
    exitCode: 5,
    help: [expect.stringContaining('--address')],
  });
});
