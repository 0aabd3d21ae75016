import request from 'supertest';
import { ENDPOINTS } from '../../src/contract/endpoints';
import type { Endpoint, Role } from '../../src/contract/endpoint';
import { deleteEntity } from '../../src/contract/endpoints/durable';
import { pathOf } from '../../src/contract/path';
import { PROBLEMS, type ProblemCode } from '../../src/contract/problems';
import type { Principal } from '../../src/domain/access/principal';
import type { Recognition, Recognize } from '../../src/domain/access/recognition';
import { AppError } from '../../src/domain/errors';
import type { Listener } from '../../src/http/access/shown';
import { createAppChannel } from '../../src/http/app-channel';
import { claimedCallers, provenCallers } from '../../src/http/authorize';
import { createLinkTokens } from '../../src/http/link-tokens';
import { createPublicApp } from '../../src/http/public-server';
import type { UseCases } from '../../src/use-cases/port';
import { exempt } from '../answers/exemptions';
import { aRun, fakeUseCases, runId } from './fake-use-cases';
import { recordedLog } from './listening';

/**
 * Who may ask what, walked from the contract: every operation, every role, both listeners.
 *
 * I1 Exactly the roles that cover the one of the endpoint come as far as a use case, or as what it refuses by itself.
 * I2 Everybody else is answered 401 or 403 with the problem document of that code, and no use case was called.
 */

// 409 and the like of the fake are not what is asked here.
exempt({
  reason: 'a caller that is let in sends the least that fits the path',
  covers: ({ status }) => status === 500,
});

const KEY = 'k'.repeat(40);
const tokens = createLinkTokens(KEY, () => 1_000);
const RANKS: readonly Role[] = ['public', 'reader', 'operator', 'approver', 'admin'];
const WHO = ['nobody', 'wrong', 'no role', 'reader', 'operator', 'approver', 'admin'] as const;
type Who = (typeof WHO)[number];

const principal = (roles: readonly Role[], containers?: readonly string[]): Principal => ({
  ...{ name: 'ada', how: 'key', roles },
  ...(containers && { containers }),
});

/** Bearers are the names of WHO; `limited:GLOB` is an admin of these containers. */
const recognize: Recognize = async ({ bearer }): Promise<Recognition> => {
  if (bearer === undefined) return { kind: 'absent' };
  if (bearer === 'wrong') return { kind: 'refused', reason: 'The key is not known.' };
  if (bearer === 'often') return { kind: 'limited', waitMs: 1_500 };
  if (bearer === 'down') throw new AppError('identity-unavailable', 'no file', { retryable: true });
  const [, glob] = /^limited:(.*)$/.exec(bearer) ?? [];
  if (glob !== undefined) return { kind: 'known', principal: principal(['admin'], [glob]) };
  return { kind: 'known', principal: principal(bearer === 'no-role' ? [] : [bearer as Role]) };
};

/** The application behind a door, and every use case that was asked. */
function anApp(listener: Listener, withCodes = true) {
  const asked: string[] = [];
  const fake = fakeUseCases();
  const useCases = new Proxy<UseCases>(fake, {
    get(target, name: keyof UseCases) {
      const value = target[name] as unknown;
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        asked.push(name);
        return (value as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  const codes = withCodes ? { tokens } : {};
  const { log } = recordedLog();
  const authorize = provenCallers({ recognize, listener, records: useCases, ...codes });
  if (listener === 'public') {
    const { app, finish } = createPublicApp({ useCases, log, authorize, ...codes });
    finish();
    return { api: request(app), asked, fake };
  }
  const channel = createAppChannel({
    ...{ useCases, log, authorize, ...codes, publicUrl: 'http://localhost:8080', isDraining: () => false },
    events: { onRunEvent: async () => 'SUCCESS' },
    blobEvents: { onBlobCreated: async () => {} },
  });
  channel.finish();
  return { api: request(channel.app), asked, fake };
}

const RUN = runId(1);
const NAMES: Readonly<Record<string, string>> = {
  ...{ container: 'photos', blob: 'a.jpg', id: RUN, instanceId: RUN, eventName: 'other' },
  ...{ functionName: 'analyze-container.v1', entityName: 'ContainerActor', entityKey: 'photos' },
};
const ALL: readonly Endpoint[] = [...Object.values(ENDPOINTS), deleteEntity];

type Api = ReturnType<typeof request>;

function send(api: Api, endpoint: Endpoint, who: Who | string, query = '', names = NAMES) {
  const verb = endpoint.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
  const asked = api[verb](`${pathOf(endpoint, names)}${query}`);
  return who === 'nobody' ? asked : asked.set('Authorization', `Bearer ${who.replace(' ', '-')}`);
}

function isProblem(response: request.Response, code: ProblemCode): void {
  const { status } = PROBLEMS[code];
  expect({ status: response.status, code: response.get('x-ms-error-code'), in: response.body.code }).toEqual({
    ...{ status, code, in: code },
  });
  expect(response.type).toMatch(/^application\/(problem\+)?json$/);
  const challenge = response.get('www-authenticate');
  if (status === 401) expect(challenge).toMatch(/^Bearer realm="contactsheet"/);
  else expect(challenge).toBeUndefined();
}

describe.each<Listener>(['public', 'app-channel'])('on the listener %s', (listener) => {
  const served = ALL.filter(({ tags: [tag] }) => listener === 'public' || tag !== 'Health');
  const cells = served.flatMap((endpoint) => WHO.map((who) => [endpoint.id, who, endpoint] as const));

  const { api, asked } = anApp(listener);
  beforeEach(() => asked.splice(0));

  test.each(cells)('%s for %s', async (_id, who, endpoint) => {
    const response = await send(api, endpoint, who);
    const mayAsk = endpoint.access === 'public' || RANKS.indexOf(who as Role) >= RANKS.indexOf(endpoint.access);
    if (mayAsk) {
      expect(['unauthorized', 'forbidden']).not.toContain(response.get('x-ms-error-code'));
      return; // I1
    }
    isProblem(response, who === 'nobody' || who === 'wrong' ? 'unauthorized' : 'forbidden');
    expect(asked).toEqual([]); // I2
  });

  test('what is known is asked', async () => {
    const { api, asked } = anApp(listener);
    expect((await send(api, ENDPOINTS.listRuns, 'reader')).status).toBe(200);
    expect((await send(api, ENDPOINTS.startRun, 'operator')).status).toBe(202);
    expect((await send(api, ENDPOINTS.setQuota, 'approver').send({ monthlyTransactions: 9 })).status).toBe(200);
    expect(asked).toEqual(['listRuns', 'startRun', 'setQuota']);
  });
});

test('the role of every operation, as it was decided', () => {
  const byRole = (role: Role) => ALL.filter(({ access }) => access === role).map(({ id }) => id);
  expect({ public: byRole('public'), approver: byRole('approver'), admin: byRole('admin') }).toEqual({
    public: ['livez', 'readyz', 'healthz', 'getOpenApi', 'getErrorPage'],
    approver: ['declineRun', 'approveRun', 'setQuota'],
    admin: ['purgeInstance', 'purgeInstances', 'deleteEntity'],
  });
  const reading = byRole('reader');
  expect(ALL.filter(({ id }) => reading.includes(id)).every(({ method }) => method === 'GET')).toBe(true);
});

describe('an approval by event', () => {
  const approval = { ...NAMES, eventName: 'Approval' };

  test('needs an approver, where any other event needs an operator', async () => {
    const { api, asked } = anApp('public');
    isProblem(await send(api, ENDPOINTS.raiseEvent, 'operator', '', approval), 'forbidden');
    expect(asked).toEqual([]);
    expect((await send(api, ENDPOINTS.raiseEvent, 'operator')).status).toBe(404);
    expect((await send(api, ENDPOINTS.raiseEvent, 'approver', '', approval)).status).toBe(404);
  });
});

describe('the code of a link', () => {
  const code = (verb: Parameters<typeof tokens.issue>[1]) => `?code=${tokens.issue(RUN, verb)}`;
  const linked = ALL.filter(({ link }) => link !== undefined);

  test.each(linked.map((endpoint) => [endpoint.id, endpoint] as const))(
    'opens %s and nothing else',
    async (_id, one) => {
      for (const endpoint of linked) {
        const { api, asked } = anApp('public');
        const response = await send(api, endpoint, 'nobody', code(one.link ?? 'operator'));
        if (endpoint === one) {
          expect(response.status).toBe(one.id === 'restartInstance' ? 400 : 404); // let in: there is no such run
          continue;
        }
        isProblem(response, 'link-forbidden');
        expect(asked).toEqual([]);
      }
    },
  );

  test('opens nothing of /api/v1, and neither does the key of the links', async () => {
    const { api, asked } = anApp('public');
    for (const endpoint of ALL.filter(({ path, access }) => path.startsWith('/api/') && access !== 'public')) {
      for (const query of [code('status'), `?code=${KEY}`]) {
        isProblem(await send(api, endpoint, 'nobody', query), 'unauthorized');
      }
    }
    expect(asked).toEqual([]);
  });

  test('opens for whom it is given to, whatever else they show; a wrong one takes nothing from a role', async () => {
    const { api } = anApp('public');
    expect((await send(api, ENDPOINTS.terminateInstance, 'reader', code('terminate'))).status).toBe(404);
    expect((await send(api, ENDPOINTS.terminateInstance, 'operator', '?code=wrong')).status).toBe(404);
    isProblem(await send(api, ENDPOINTS.terminateInstance, 'reader', '?code=wrong'), 'forbidden');
    isProblem(await send(api, ENDPOINTS.terminateInstance, 'nobody', '?code=wrong'), 'unauthorized');
  });

  test('opens nothing where LINK_TOKENS is off', async () => {
    const { api, asked } = anApp('public', false);
    isProblem(await send(api, ENDPOINTS.getInstance, 'nobody', code('status')), 'unauthorized');
    expect(asked).toEqual([]);
  });

  test.each<[Role, string[]]>([
    ['operator', ['status', 'terminate', 'rewind', 'restart', 'suspend', 'resume']],
    ['approver', ['status', 'raiseEvent', 'terminate', 'rewind', 'restart', 'suspend', 'resume']],
    ['admin', ['status', 'raiseEvent', 'terminate', 'rewind', 'purge', 'restart', 'suspend', 'resume']],
  ])('is given to an %s for %j', async (who, verbs) => {
    const { api } = anApp('public');
    const { body } = await send(api, ENDPOINTS.startByTutorialPost, who, '?container=photos');
    const codes = Object.values(body as Record<string, string>)
      .filter((link) => link.includes('code='))
      .map((link) => new URL(link.replace(/[{}]/g, '')).searchParams.get('code') ?? '');
    expect(codes.map((text) => text.split('.')[2])).toEqual(verbs);
  });

  test('in the links of a run is the one that a reader may have', async () => {
    const { api } = anApp('public');
    const { body } = await send(api, ENDPOINTS.startRun, 'operator');
    const run = await send(api, ENDPOINTS.getRun, 'reader', '', { ...NAMES, id: body.id });
    expect(run.body.links.status).toContain('?code=');
  });
});

describe('whoever is limited to containers', () => {
  /** What each operation concerns, written out: a new one has to be added. */
  const CONCERNS = {
    container: [
      ...['readEntity', 'signalEntity', 'deleteEntity', 'startRun', 'quote', 'getContainer', 'listImages', 'getImage'],
      ...[
        'getImageHistory',
        'listActivity',
        'verifyContainer',
        'repairContainer',
        'getWatch',
        'setWatch',
        'removeWatch',
      ],
    ],
    run: [
      ...['getInstance', 'purgeInstance', 'raiseEvent', 'terminateInstance', 'suspendInstance', 'resumeInstance'],
      ...['rewindInstance', 'restartInstance', 'getRun', 'pauseRun', 'resumeRun', 'cancelRun', 'declineRun'],
      ...['approveRun', 'retryRun', 'getAudit', 'listRunImages', 'listRunSteps', 'getRunReport', 'getReceipt'],
    ],
    operation: ['getOperation', 'cancelOperation'],
    named: ['startByTutorialGet', 'startByTutorialPost', 'listRuns'],
    /** Of these they are shown what is theirs. */
    part: ['listContainers', 'listRuns', 'listInstances', 'listEntities', 'listEntitiesByName'],
    body: ['startNewInstance', 'startInstance'],
    all: ['purgeInstances', 'getQuota', 'setQuota'],
  };
  const ids = (...kinds: (keyof typeof CONCERNS)[]) => kinds.flatMap((kind) => CONCERNS[kind]);
  const endpointOf = (id: string) => ALL.find((one) => one.id === id) as Endpoint;

  test('every operation is sorted', () => {
    const guarded = ALL.filter(({ access }) => access !== 'public').map(({ id }) => id);
    const sorted = new Set(ids('container', 'run', 'operation', 'named', 'part', 'body', 'all'));
    expect([...sorted].sort()).toEqual(guarded.sort());
  });

  async function started() {
    const { api, asked, fake } = anApp('public');
    const run = await fake.startRun({ container: 'photos' });
    asked.length = 0;
    return { api, asked, names: { ...NAMES, id: run.id, instanceId: run.id } };
  }

  test.each(ids('container', 'run', 'named'))('may %s in their own, and not in others', async (id) => {
    const query = CONCERNS.named.includes(id) ? '?container=photos' : '';
    const mine = await started();
    const answered = await send(mine.api, endpointOf(id), 'limited:pho*', query, mine.names);
    expect(answered.get('x-ms-error-code')).not.toBe('forbidden');
    const theirs = await started();
    isProblem(await send(theirs.api, endpointOf(id), 'limited:other', query, theirs.names), 'forbidden');
    expect(theirs.asked.filter((name) => name !== 'getRun')).toEqual([]);
  });

  test.each(ids('all'))('may not %s: it concerns all', async (id) => {
    const { api, asked } = anApp('public');
    isProblem(await send(api, endpointOf(id), 'limited:*'), 'forbidden');
    expect(asked).toEqual([]);
  });

  describe('are shown of a list what is theirs, page by page', () => {
    const entity = { ...NAMES, entityName: 'ContainerActor' };
    const LISTS: readonly (readonly [string, string, (body: unknown) => unknown[]])[] = [
      ['listContainers', 'maxpagesize=2', (body) => inValue(body).map(({ container }) => container)],
      ['listRuns', 'maxpagesize=2', (body) => inValue(body).map(({ container }) => container)],
      ['listInstances', 'top=2', (body) => (body as { input: string }[]).map(({ input }) => input)],
      [
        'listEntities',
        'top=2',
        (body) => (body as { entityId: { key: string } }[]).map(({ entityId }) => entityId.key),
      ],
      [
        'listEntitiesByName',
        'top=2',
        (body) => (body as { entityId: { key: string } }[]).map(({ entityId }) => entityId.key),
      ],
    ];
    const inValue = (body: unknown) => (body as { value: { container: string }[] }).value;

    async function manyContainers() {
      const { api, fake } = anApp('public');
      fake.containers.clear();
      for (let n = 0; n < 30; n += 1) {
        const container = n % 6 === 0 ? `mine-${n}` : `theirs-${n}`;
        fake.containers.add(container);
        await fake.startRun({ container });
      }
      return api;
    }

    /** What a caller finds in a list that follows it to its end. */
    async function everything(api: Api, id: string, who: string, query: string, shown: (body: unknown) => unknown[]) {
      const found: unknown[] = [];
      const first = `${pathOf(endpointOf(id), entity)}?${query}`;
      let next: string | undefined = first;
      let token = '';
      for (let pages = 0; next !== undefined && pages < 60; pages += 1) {
        const asked = api.get(next).set('Authorization', `Bearer ${who}`);
        const response: request.Response = await (token ? asked.set('x-ms-continuation-token', token) : asked);
        expect(response.status).toBe(200);
        const page = shown(response.body);
        expect(page.length).toBeLessThanOrEqual(2);
        found.push(...page);
        token = response.get('x-ms-continuation-token') ?? '';
        for (const told of [token, response.body.nextLink ?? '']) expect(decoded(told)).not.toMatch(/mine-|theirs-/);
        const link = (response.body as { nextLink?: string }).nextLink;
        next = link === undefined ? (token ? first : undefined) : link.replace(/^https?:\/\/[^/]+/, '');
      }
      return found;
    }

    /** What a caller can read of how a list goes on. */
    function decoded(goesOn: string): string {
      return goesOn
        .split(/[.=&?]/)
        .map((part) => `${part} ${Buffer.from(part, 'base64url').toString('latin1')}`)
        .join(' ');
    }

    test.each(LISTS)('%s', async (id, query, shown) => {
      const api = await manyContainers();
      const mine = ['mine-0', 'mine-12', 'mine-18', 'mine-24', 'mine-6'];
      const found = await everything(api, id, 'limited:mine-*', query, shown);
      expect([...found].sort()).toEqual(mine);
      expect((await everything(api, id, 'limited:*', query, shown)).length).toBe(30);
      expect((await everything(api, id, 'admin', query, shown)).length).toBe(30);
      expect(await everything(api, id, 'limited:nothing', query, shown)).toEqual([]);
    });
  });

  test('may not take the id of a run over a container that is not theirs', async () => {
    const { api, asked, fake } = anApp('public');
    fake.runs.set('nightly', aRun({ id: 'nightly', container: 'theirs', status: 'Completed' }));
    const start = (who: string, container: string, id = 'nightly') =>
      api
        .post(pathOf(ENDPOINTS.startInstance, { functionName: 'O_ProccessImage', instanceId: id }))
        .set('Authorization', `Bearer ${who}`)
        .type('json')
        .send(JSON.stringify(container));
    isProblem(await start('limited:photos', 'photos'), 'forbidden');
    expect(asked.filter((name) => name !== 'getRun')).toEqual([]);
    expect((await start('limited:photos', 'photos', 'weekly')).status).toBe(202);
    fake.runs.delete('weekly');
    expect((await start('operator', 'photos')).status).toBe(202);
  });

  test.each(ids('body'))('may %s for what the body names', async (id) => {
    for (const body of ['"photos"', '{"container":"photos"}']) {
      const { api, asked } = anApp('public');
      const ask = (who: string) => send(api, endpointOf(id), who).set('content-type', 'application/json').send(body);
      isProblem(await ask('limited:other'), 'forbidden');
      expect(asked).toEqual([]);
      expect((await ask('limited:photos')).get('x-ms-error-code')).not.toBe('forbidden');
    }
  });

  test('learn nothing of runs and operations that are not theirs, or not there', async () => {
    const { api, names } = await started();
    const other = await send(api, ENDPOINTS.getRun, 'limited:other', '', names);
    const none = await send(api, ENDPOINTS.getRun, 'limited:other', '', { ...names, id: runId(999) });
    const operation = await send(api, ENDPOINTS.getOperation, 'limited:other', '', { ...names, id: 'nothing' });
    for (const response of [other, none, operation]) isProblem(response, 'forbidden');
  });
});

describe('a sample', () => {
  test.each([
    ['operator', []],
    ['approver', [3]],
    ['admin', [3]],
  ])('that an %s asks for is approved: %j', async (who, approved) => {
    const { api, fake } = anApp('public');
    expect((await send(api, ENDPOINTS.quote, who, '?sample=3')).status).toBe(200);
    expect([fake.samples, fake.approvedSamples]).toEqual([[3], approved]);
  });

  test('that somebody asks for who is not known is approved by nobody', async () => {
    const useCases = fakeUseCases();
    const { app, finish } = createPublicApp({ useCases, log: recordedLog().log, authorize: claimedCallers() });
    finish();
    const api = request(app);
    expect((await send(api, ENDPOINTS.quote, 'nobody', '?sample=3')).status).toBe(200);
    expect([useCases.samples, useCases.approvedSamples]).toEqual([[3], []]);
  });
});

describe('the audit trail', () => {
  test('names who was recognised and how, whatever the header claims', async () => {
    const { api, fake } = anApp('public');
    const { id } = await fake.startRun({ container: 'photos' });
    const names = { ...NAMES, id, instanceId: id };
    await send(api, ENDPOINTS.pauseRun, 'operator', '', names).set('x-contactsheet-user', 'mallory');
    const code = `?code=${tokens.issue(id, 'resume')}`;
    await send(api, ENDPOINTS.resumeInstance, 'nobody', code, names).set('x-contactsheet-user', 'mallory');
    expect(fake.said).toMatchObject([
      { verb: 'pause', who: 'ada', how: 'key' },
      { verb: 'resume', who: 'link', how: 'link' },
    ]);
  });
});

describe('the door', () => {
  test('says when an address may try again', async () => {
    const { api, asked } = anApp('public');
    const response = await send(api, ENDPOINTS.listRuns, 'often');
    isProblem(response, 'too-many-attempts');
    expect(response.get('retry-after')).toBe('2');
    expect(asked).toEqual([]);
  });

  test('stays shut when nobody can be recognised', async () => {
    const { api, asked } = anApp('public');
    isProblem(await send(api, ENDPOINTS.listRuns, 'down'), 'identity-unavailable');
    expect((await send(api, ENDPOINTS.livez, 'down')).status).toBe(200);
    expect(asked.filter((name) => name !== 'health')).toEqual([]);
  });

  test('tells who was wrong, and who was nobody', async () => {
    const { api } = anApp('public');
    expect((await send(api, ENDPOINTS.listRuns, 'wrong')).get('www-authenticate')).toContain('error="invalid_token"');
    expect((await send(api, ENDPOINTS.listRuns, 'nobody')).get('www-authenticate')).not.toContain('error');
  });

  test.each(['Basic YWRhOng=', 'Bearer', 'Bearer a b', 'bearer\twrong'])('takes %j for no key', async (header) => {
    const { api, asked } = anApp('public');
    isProblem(await api.get('/api/v1/runs').set('Authorization', header), 'unauthorized');
    expect(asked).toEqual([]);
  });

  test.each([
    ['get', '/API/v1/runs'],
    ['get', '/api/v1/runs/'],
    ['head', '/api/v1/runs'],
    ['get', '/api/v1/%72uns'],
    ['get', '/api//v1/runs'],
    ['get', '/api/v1/containers/photos/../photos'],
    ['post', `/api/v1/runs/${RUN}:PAUSE`],
    ['post', `/api/v1/runs/${RUN}%3Apause`],
    ['post', `/api/v1/runs/${RUN}:pause/`],
    ['post', '/RUNTIME/webhooks/DurableTask/instances/x/terminate'],
    ['get', '/api/analysisfunctionstarter?container=photos'],
    ['head', '/api/AnalysisFunctionStarter?container=photos'],
    ['patch', '/api/v1/runs'],
  ] as const)('cannot be walked around: %s %s', async (verb, path) => {
    const { api, asked } = anApp('public');
    expect([400, 401, 404, 405]).toContain((await api[verb](path)).status);
    expect(asked).toEqual([]);
  });
});
