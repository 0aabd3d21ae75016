import { isFinal } from '../domain/run';
import type { ApiClient } from './api/client';
import { Refused } from './api/failures';
import { paths } from './api/paths';
import type { Health, Page, Run } from './api/shapes';
import { Failure, Interrupted } from './failure';

/**
 * Is every part well? What the server says of itself counts most; what it does not report is asked for indirectly.
 *
 * I1 Nothing is started, changed or paid.
 * I2 `unknown` is no failure: it says that nobody has tried yet.
 */
export interface Finding {
  readonly part: string;
  readonly state: 'ok' | 'failed' | 'unknown';
  readonly detail: string;
  readonly cure?: string;
}

const CURES: Readonly<Record<string, string>> = {
  api: 'Start it with `npm start`, or name its address with --address or CONTACTSHEET_ADDRESS.',
  sidecar: 'Start daprd beside the app: `npm start`, or `dapr run -f .`; its log says why it is not ready.',
  worker: 'Wait some seconds; if it stays, see whether placement and the scheduler run, then restart the sidecar.',
  results: 'Correct COSMOS_ENDPOINT and COSMOS_KEY, or the data-plane role of the identity; is the account reachable?',
  storage: 'Correct AZURE_STORAGE_CONNECTION_STRING, or grant the identity Storage Blob Data Reader on the account.',
  vision: 'Correct VISION_ENDPOINT and VISION_KEY: a key belongs to one resource and its region.',
};
const OTHER_CURE = 'The log of the app says more.';

/** A name that nobody uses: asking for it makes the server look into the storage account. */
const NOBODYS_CONTAINER = 'contactsheet-doctor-asks';

export async function examine(api: ApiClient): Promise<Finding[]> {
  const alive = await examineApi(api);
  if (alive.state === 'failed') {
    return [alive, ...['sidecar', 'worker', 'results', 'storage', 'vision'].map(unasked)];
  }
  const reported = await examineReport(api);
  const isReported = (part: string) => reported.some((finding) => finding.part === part);
  const asked: Finding[] = [];
  if (!isReported('storage')) asked.push(await examineStorage(api));
  if (!isReported('results')) asked.push(await examineResults(api));
  if (!isReported('vision')) asked.push(await examineVision(api));
  return [alive, ...reported, ...asked];
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
    const { status } = await api.get<Health>('/livez', { what: 'a probe', retries: 0, timeoutMs: 10_000 });
    if (status === 'ok') return ok('api', api.address);
    return failed('api', `${api.address} does not answer as Contactsheet does`);
  } catch (error) {
    return failed('api', messageOf(error));
  }
}

async function examineReport(api: ApiClient): Promise<Finding[]> {
  try {
    const { body } = await api.ask<Health>('/readyz', { what: 'a probe', query: { verbose: '' }, accept: [503] });
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
    await api.get(paths.container(NOBODYS_CONTAINER), { what: 'containers' });
    return ok('storage', 'answers');
  } catch (error) {
    if (error instanceof Refused && error.code === 'container-not-found') return ok('storage', 'answers');
    const isStorage = error instanceof Refused && /^(storage|container)-/.test(error.code);
    return isStorage ? failed('storage', messageOf(error)) : notAsked('storage', error);
  }
}

async function examineResults(api: ApiClient): Promise<Finding> {
  try {
    await newestRun(api);
    return ok('results', 'answers');
  } catch (error) {
    const isResults = error instanceof Refused && error.code.startsWith('results-');
    return isResults ? failed('results', messageOf(error)) : notAsked('results', error);
  }
}

/** I1: Vision is not called; the newest run tells how it went. */
async function examineVision(api: ApiClient): Promise<Finding> {
  try {
    const run = await newestRun(api);
    if (run === undefined) return { part: 'vision', state: 'unknown', detail: 'no run has called it yet' };
    const refused = run.failureGroups.find(
      ({ stage, code }) => stage === 'vision' && /unauthorized|forbidden/.test(code),
    );
    if (refused) return failed('vision', `${refused.code} in run ${run.id}`);
    if (!isFinal(run.status) && /vision/i.test(run.waiting ?? '')) return failed('vision', run.waiting ?? '');
    if (run.calls > 0) return ok('vision', `answered ${run.calls} calls in run ${run.id}`);
    return { part: 'vision', state: 'unknown', detail: `run ${run.id} did not call it` };
  } catch (error) {
    return notAsked('vision', error);
  }
}

async function newestRun(api: ApiClient): Promise<Run | undefined> {
  const { value } = await api.get<Page<Run>>(paths.runs, { what: 'a list of runs', query: { maxpagesize: 1 } });
  return value[0];
}

/** Another part stood in the way. */
function notAsked(part: string, error: unknown): Finding {
  return { part, state: 'unknown', detail: messageOf(error) };
}

function messageOf(error: unknown): string {
  if (error instanceof Interrupted || !(error instanceof Failure)) throw error;
  return error.message;
}
