import { availableParallelism, loadavg } from 'node:os';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import type { ApprovalRule } from '../../../src/domain/run/approval';
import type { ContainerQuote } from '../../../src/domain/money/container-quote';
import type { RunView } from '../../../src/domain/run/run';
import { isFinal } from '../../../src/domain/run/run';
import type { FaultInput } from '../../../packages/dev-vision/src/fault';
import { documentsOf, type Evidence, judge } from '../../chaos/oracle';
import { taken } from '../../../src/contract';
import { eventually, type TestStack } from '../framework';

/** What the tests of a whole stack ask of it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : { text } };
}

export interface StartOptions {
  readonly prefix?: string;
  readonly confirmShrink?: boolean;
  readonly features?: readonly string[];
  readonly maxTransactions?: number;
  readonly approval?: ApprovalRule;
}

export async function startRun(stack: TestStack, container: string, options: StartOptions = {}): Promise<string> {
  const { confirmShrink, ...body } = options;
  const query = confirmShrink ? ({ confirmShrink: 'true' } as const) : {};
  return taken(await stack.client.startRun({ params: { container }, query, body })).id;
}

export async function runOf(stack: TestStack, id: string): Promise<RunView> {
  return taken(await stack.client.getRun({ params: { id } })) as RunView;
}

/** Waits for the end of the run and for the news of it, which follows a moment later. */
export async function ended(stack: TestStack, id: string, timeoutMs = 60_000): Promise<RunView> {
  let run = await runOf(stack, id);
  await eventually(
    async () => {
      run = await runOf(stack, id);
      return isFinal(run.status);
    },
    { what: `run ${id} ends`, timeoutMs },
  );
  const news = run.status === 'Failed' ? 'run-failed' : 'run-completed';
  await eventually(async () => (await activityIds(stack, run.container)).includes(`${id}/${news}`), {
    what: `${news} of ${id} arrives`,
  });
  return run;
}

export async function runToEnd(stack: TestStack, container: string, options: StartOptions = {}): Promise<RunView> {
  return ended(stack, await startRun(stack, container, options));
}

/** How often each chunk of a run was begun, and what joined it. */
export async function chunkSteps(stack: TestStack, id: string) {
  const { value } = taken(await stack.client.listRunSteps({ params: { id } }));
  return value.flatMap((step) => (step.step === 'page' ? step.chunks : []));
}

export async function activityIds(stack: TestStack, container: string): Promise<string[]> {
  const { value } = taken(await stack.client.listActivity({ params: { container }, query: { maxpagesize: 100 } }));
  return value.map(({ id }) => id);
}

/** What a run would cost that were started now. */
export async function quoteOf(
  stack: TestStack,
  container: string,
  options: Pick<StartOptions, 'prefix' | 'features'> = {},
): Promise<ContainerQuote> {
  const answer = await stack.client.quote({ params: { container }, body: options });
  if (answer.status !== 200) throw new Error(`There is no quote: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as ContainerQuote;
}

/** Documents by blob name. */
export async function documents(stack: TestStack, container: string) {
  const found = await documentsOf(stack.endpoints.cosmos, container);
  return new Map(found.map((document) => [document.blob, document]));
}

export async function violations(
  stack: TestStack,
  container: string,
  runId: string,
  repeatable = 0,
  more: Pick<Evidence, 'alone' | 'confirmShrink'> = {},
): Promise<readonly string[]> {
  return (await judge({ endpoints: stack.endpoints, container, runId, repeatable, ...more })).violations;
}

export function blobs(stack: TestStack, container: string): ContainerClient {
  return BlobServiceClient.fromConnectionString(stack.endpoints.blobConnectionString).getContainerClient(container);
}

/** The control routes of the local Vision. */
export function visionOf(stack: TestStack) {
  const at = (path: string) => `${stack.endpoints.vision.endpoint}${path}`;
  const send = (path: string, body: object) =>
    ask(at(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    stats: async () => (await ask(at('/stats'))).body as Record<string, number>,
    forget: () => ask(at('/stats'), { method: 'DELETE' }),
    pace: (pace: { readonly rate?: string; readonly latencyMs?: number }) => send('/_dev/pace', pace),
    arm: (...faults: readonly FaultInput[]) => send('/_dev/faults', faults),
    disarm: () => ask(at('/_dev/faults'), { method: 'DELETE' }),
  };
}

/** How many times longer everything may take because others compute here too; a run alone keeps four processes busy. */
export function crowd(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / Math.max(4, availableParallelism()));
}
