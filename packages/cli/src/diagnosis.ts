import { isFinal } from 'contactsheet/contract';
import type { ApiClient } from './api/client';
import { Refused } from './api/failures';
import type { Run } from './api/documents';
import { Failure, Interrupted } from './failure';

/**
 * Is every part well? What the server says of itself counts most; what it does not report is asked for indirectly.
 *
 * I1 Nothing is started, changed or paid.
 * I2 `unknown` is no failure: it says that nobody has tried yet.
 * I3 All parts are asked side by side, and each has 5 s: a part that hangs hides no other.
 */
export interface Finding {
  readonly part: string;
  readonly state: 'ok' | 'failed' | 'unknown';
  readonly detail: string;
  readonly cure?: string;
}

const CURES: Readonly<Record<string, string>> = {
  api: 'Start it with `npm start`, or set its address with --address or CONTACTSHEET_ADDRESS.',
  sidecar: 'Start daprd beside the app: `npm start`, or `dapr run -f .`; its log says why it is not ready.',
  worker: 'Wait some seconds. If it does not recover, check placement and the scheduler, then restart the sidecar.',
  results:
    'Correct COSMOS_ENDPOINT and COSMOS_KEY, or the data-plane role of the identity. Check that the account is reachable.',
  storage: 'Correct AZURE_STORAGE_CONNECTION_STRING, or grant the identity Storage Blob Data Reader on the account.',
  vision: 'Correct VISION_ENDPOINT and VISION_KEY: a key belongs to one resource and its region.',
};
const RATE_CURE = 'Calls go on by themselves then. `contactsheet quota set --end-wait` ends the wait early.';
const OTHER_CURE = 'The log of the app says more.';

/** A name that nobody uses: asking for it makes the server look into the storage account. */
const NOBODYS_CONTAINER = 'contactsheet-doctor-asks';

/** I3 */
const PART_MS = 5_000;
const ONCE = { retries: 0, timeoutMs: PART_MS } as const;

export async function examine(api: ApiClient): Promise<Finding[]> {
  const [alive, reported, ...asked] = await Promise.all([
    examineApi(api),
    examineReport(api),
    examineStorage(api),
    examineResults(api),
    examineVision(api),
  ]);
  if (alive.state === 'failed') {
    return [alive, ...['sidecar', 'worker', 'results', 'storage', 'vision'].map(unasked)];
  }
  const isReported = (part: string) => reported.some((finding) => finding.part === part);
  return [alive, ...reported, ...asked.filter(({ part }) => !isReported(part))];
}

function unasked(part: string): Finding {
  return { part, state: 'unknown', detail: 'cannot be asked' };
}

function ok(part: string, detail: string): Finding {
  return { part, state: 'ok', detail };
}

function failed(part: string, detail: string, cure = CURES[part] ?? OTHER_CURE): Finding {
  return { part, state: 'failed', detail, cure };
}

async function examineApi(api: ApiClient): Promise<Finding> {
  try {
    const { body } = await api.livez({}, { ...ONCE, what: 'a probe', isPublic: true });
    if (body.status === 'ok') return ok('api', api.address);
    return failed('api', `${api.address} does not answer like a Contactsheet server`);
  } catch (error) {
    return failed('api', messageOf(error));
  }
}

async function examineReport(api: ApiClient): Promise<Finding[]> {
  try {
    const { body } = await api.readyz(
      { query: { verbose: '' } },
      { ...ONCE, what: 'a probe', accept: [503], isPublic: true },
    );
    const checks = Object.entries(body.checks ?? {}).map(([part, { ok: isOk, detail = '' }]) =>
      isOk ? ok(part, detail) : failed(part, detail || 'not well'),
    );
    const isDraining = body.status === 'draining';
    return isDraining
      ? [failed('app', 'it is stopping', 'Ask another replica, or start it again.'), ...checks]
      : checks;
  } catch (error) {
    return [failed('readiness', messageOf(error))];
  }
}

async function examineStorage(api: ApiClient): Promise<Finding> {
  try {
    await api.getContainer({ params: { container: NOBODYS_CONTAINER } }, { ...ONCE, what: 'containers' });
    return ok('storage', 'answers');
  } catch (error) {
    if (error instanceof Refused && error.code === 'container-not-found') return ok('storage', 'answers');
    const isStorage = error instanceof Refused && /^(storage|container)-/.test(error.code);
    return isStorage ? failed('storage', messageOf(error)) : notAsked('storage', error);
  }
}

async function examineResults(api: ApiClient): Promise<Finding> {
  try {
    await newestRuns(api, 1);
    return ok('results', 'answers');
  } catch (error) {
    const isResults = error instanceof Refused && error.code.startsWith('results-');
    return isResults ? failed('results', messageOf(error)) : notAsked('results', error);
  }
}

/** As many runs may have found everything unchanged since one called Vision. */
const RUNS_LOOKED_AT = 100;

/** I1: Vision is not called, as every call is billed; the newest run that asked it something tells how it went. */
async function examineVision(api: ApiClient): Promise<Finding> {
  try {
    const [runs, resource] = await Promise.all([newestRuns(api, RUNS_LOOKED_AT), resourceOf(api)]);
    for (const run of runs) {
      const told = visionIn(run);
      if (told) return told;
    }
    return neverCalled(resource, runs.length);
  } catch (error) {
    return notAsked('vision', error);
  }
}

/** What the run came to know of Vision, if it asked it anything: what stands against it counts more than what was answered. */
function visionIn(run: Run): Finding | undefined {
  const { id, status, startedAt, calls, waiting = '', waitingCode, failureGroups } = run;
  const refused = failureGroups.find(({ stage, code }) => stage === 'vision' && /unauthorized|forbidden/.test(code));
  if (refused) return failed('vision', `${refused.code} in run ${id}, started ${startedAt}`);
  const code = codeOfEnd(run);
  if (code !== undefined) return failed('vision', `${code} ended run ${id}, started ${startedAt}`, run.cure);
  if (!isFinal(status) && waitingCode === 'vision') return failed('vision', waiting, RATE_CURE);
  // Which service does not answer stands in the sentence alone.
  if (!isFinal(status) && waitingCode === 'service' && waiting.startsWith('Vision')) return failed('vision', waiting);
  return calls > 0 ? ok('vision', `answered ${calls} calls in run ${id}, started ${startedAt}`) : undefined;
}

/** A run that Vision refuses as a whole ends `Failed` and marks no image: its reason names the code. */
function codeOfEnd({ status, reason = '' }: Run): string | undefined {
  return status === 'Failed' ? /\bvision-[a-z]+(-[a-z]+)*\b/.exec(reason)?.[0] : undefined;
}

/** I2 */
function neverCalled(resource: string, runs: number): Finding {
  const why = runs === 0 ? 'there is no run' : 'no image of the latest runs needed it';
  const cure = '`contactsheet quote CONTAINER --sample 1` calls it, for the price of one image.';
  return { part: 'vision', state: 'unknown', detail: `not called yet (${resource}): ${why}`, cure };
}

/** Which Vision it is. */
async function resourceOf(api: ApiClient): Promise<string> {
  const { resource = 'Vision' } = (await api.getQuota({}, { ...ONCE, what: 'quotas' })).body;
  return resource;
}

async function newestRuns(api: ApiClient, maxpagesize: number): Promise<readonly Run[]> {
  const { body } = await api.listRuns({ query: { maxpagesize } }, { ...ONCE, what: 'a list of runs' });
  return body.value;
}

/** Another part stood in the way. */
function notAsked(part: string, error: unknown): Finding {
  return { part, state: 'unknown', detail: messageOf(error) };
}

function messageOf(error: unknown): string {
  if (error instanceof Interrupted || !(error instanceof Failure)) throw error;
  return error.message;
}
