/** The commands `start` and `services`: everything in the foreground until Ctrl-C. */
import { join, relative } from 'node:path';
import { ENDPOINTS, pathOf } from 'contactsheet/contract';
import { createTerminal, pairLines, type Terminal } from '@contactsheet/terminal';
import { CHECKOUT } from './checkout';
import { demonstrate } from './demo';
import { describeBrought } from './endpoints';
import { readEnvFile } from './env-file';
import { homePath } from './home';
import { Problem } from './problem';
import { acquireRuntime } from './runtime/acquire';
import { SAMPLE_CONTAINER } from './sample-pictures';
import { type Stack, type StackEvent, startStack } from './stack';

export interface Launch {
  readonly command: 'start' | 'services';
  readonly demo: boolean;
  /** The process that started this one is gone. */
  readonly isOrphan: () => boolean;
}

const INDENT = '  ';

/** Runs until a signal comes or a part is given up. Returns the exit code. */
export async function launch({ command, demo, isOrphan }: Launch): Promise<number> {
  const terminal = createTerminal();
  const stopping = new AbortController();
  const signals = listenForStop(stopping, terminal, isOrphan);
  let stack: Stack | undefined;
  let exitCode = 0;
  try {
    const env = environment();
    const runtime = await acquireRuntime({ env, signal: stopping.signal, say: terminal.say, live: terminal.live });
    terminal.settle();
    terminal.say(`Dapr ${runtime.version}. Starting ...`);
    const began = Date.now();
    stack = await startStack({
      home: homePath(env),
      runtime,
      env,
      withApp: command === 'start',
      signal: stopping.signal,
      report: (event) => tell(event, terminal),
    });
    signals.parts = stack.parts;
    const brought = describeBrought(stack.brought);
    if (brought) terminal.say(brought);
    terminal.say(`Everything is running after ${((Date.now() - began) / 1000).toFixed(1)} s.`);
    exitCode = await stayUp(stack, { command, demo }, terminal, stopping.signal);
  } catch (error) {
    exitCode = stopping.signal.aborted ? 0 : complain(error, terminal);
  }
  if (stack) await stopStack(stack, terminal);
  signals.end();
  return exitCode;
}

async function stayUp(
  stack: Stack,
  wanted: Omit<Launch, 'isOrphan'>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const shown =
    wanted.command === 'services' ? showServices(stack, terminal) : showApp(stack, wanted.demo, terminal, signal);
  const problem = await Promise.race([stopped, stack.givenUp]);
  terminal.settle();
  if (problem) complain(problem, terminal);
  await shown.catch(() => undefined);
  return problem?.exitCode ?? 0;
}

async function showApp(stack: Stack, demo: boolean, terminal: Terminal, signal: AbortSignal): Promise<void> {
  let run: string | undefined;
  if (demo && stack.brought.storage) {
    terminal.say('No demonstration: it would write sample pictures into your own storage account.');
  } else if (demo) {
    try {
      run = await demonstrate({ endpoints: stack.endpoints(), terminal, signal });
    } catch (error) {
      terminal.settle();
      if (signal.aborted) return;
      terminal.say(`The demonstration ended early: ${error instanceof Error ? error.message : error}`);
    }
  }
  const { api, sidecar } = stack.endpoints();
  const results = pathOf(ENDPOINTS.listImages, { container: SAMPLE_CONTAINER });
  terminal.say();
  terminal.say('Where to look next');
  const places = pairLines(
    [
      ['API and its description', `${api}${pathOf(ENDPOINTS.getOpenApi)}`],
      ['status of this run', run && `${api}${pathOf(ENDPOINTS.getRun, { id: run })}`],
      ['its results', run && `${api}${results}`],
      ['start a run', `curl -X POST '${api}${pathOf(ENDPOINTS.startByTutorialPost)}?container=${SAMPLE_CONTAINER}'`],
      [
        'through the sidecar',
        `source ${shortPath(stack.home.at('env'))} && curl -H "dapr-api-token: $DAPR_API_TOKEN" ${sidecar}/v1.0/invoke/${stack.plan.appID}/method${results}`,
      ],
      ['logs', shortPath(stack.home.at('logs'))],
      ['addresses, keys, pids', shortPath(stack.home.at('endpoints.json'))],
    ],
    terminal.width && terminal.width - INDENT.length,
  );
  for (const line of places) terminal.say(`${INDENT}${line}`);
  if (stack.hasOwnStorageKey) {
    terminal.say(`  Storage Explorer         ${stack.endpoints().blobConnectionString}`);
  }
  terminal.say();
  terminal.say('Ctrl-C stops everything.');
}

async function showServices(stack: Stack, terminal: Terminal): Promise<void> {
  const runFile = stack.movedRunFile ? shortPath(stack.movedRunFile) : '.';
  terminal.say();
  terminal.say('In another terminal:');
  terminal.say(`  npm run build && source ${shortPath(stack.home.at('env'))} && dapr run -f ${runFile}`);
  if (stack.movedRunFile) terminal.say('(This is a copy of dapr.yaml: one of its ports is taken on this machine.)');
  terminal.say();
  terminal.say(`Logs are in ${shortPath(stack.home.at('logs'))}. Ctrl-C stops the services.`);
}

function tell(event: StackEvent, terminal: Terminal): void {
  switch (event.kind) {
    case 'leftover':
      terminal.say(`Ended ${event.process.name} (process ${event.process.pid}), left over from an earlier start.`);
      return;
    case 'died': {
      const isRefusal = event.name === 'app' && event.how === 'exit code 2';
      terminal.say(
        isRefusal
          ? 'The app refuses its configuration:'
          : `${event.name} (process ${event.pid}) died: ${event.how}. The last lines of its log:`,
      );
      for (const line of event.tail) terminal.say(`  | ${line}`);
      if (event.againInMs !== undefined) terminal.say(`Starting ${event.name} again in ${event.againInMs / 1000} s.`);
      return;
    }
    case 'ready':
      terminal.say(`${event.name} is back.`);
      return;
    case 'started':
    case 'given-up':
      return;
  }
}

function complain(error: unknown, terminal: Terminal): number {
  terminal.settle();
  terminal.say();
  if (error instanceof Problem) {
    terminal.say(error.sentence);
    terminal.say(error.cure);
    return error.exitCode;
  }
  terminal.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

async function stopStack(stack: Stack, terminal: Terminal): Promise<void> {
  const began = Date.now();
  await stack.stop();
  terminal.say(`Stopped after ${((Date.now() - began) / 1000).toFixed(1)} s.`);
}

/** The first signal asks for an orderly stop, the second one ends everything at once. */
function listenForStop(stopping: AbortController, terminal: Terminal, isOrphan: () => boolean) {
  const listening = { parts: [] as Stack['parts'], end };
  const watch = setInterval(() => isOrphan() && onSignal(), 1_000).unref();
  function onSignal(): void {
    if (stopping.signal.aborted) return;
    terminal.settle();
    terminal.say('Stopping ...');
    stopping.abort(new Error('stopped'));
  }
  let interruptedAt = Number.POSITIVE_INFINITY;
  function onInterrupt(): void {
    // One Ctrl-C comes twice under npm: from the terminal and from npm.
    if (Date.now() - interruptedAt > 1_000) for (const part of listening.parts) part.kill('SIGKILL');
    interruptedAt = Math.min(interruptedAt, Date.now());
    onSignal();
  }
  function end(): void {
    clearInterval(watch);
    process.off('SIGINT', onInterrupt).off('SIGTERM', onSignal).off('SIGHUP', onSignal);
  }
  process.on('SIGINT', onInterrupt).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  // Whoever read the output is gone (`npm start | head`).
  process.stdout.on('error', onSignal);
  return listening;
}

/** The environment, and under it the settings of a `.env` file in the checkout. */
function environment(): NodeJS.ProcessEnv {
  return { ...readEnvFile(join(CHECKOUT, '.env')), ...process.env };
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
