#!/usr/bin/env node
/** The program: serves daprd until a signal comes, or does one thing for a person and ends. */
import { createLogger } from './logger';
import { type Command, readCommand, USAGE, UsageProblem } from './command-line';
import { SocketProblem, startServer } from './server';
import type { Sidecar } from './sidecar';
import { countGroups, forgetGroup, redriveGroup } from './upkeep';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function serve(socket: string, sidecar: Sidecar | undefined): Promise<void> {
  const log = createLogger(process.env.LOG_LEVEL || 'info');
  const isOld = await sidecar?.runs(); // before it can have found this process
  const server = await startServer(socket, log, process.env);
  const stop = () => {
    void server.close().finally(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  say(`listening on ${server.socket}`);
  if (!isOld) return;
  say('The sidecar served an earlier process of this component. It is asked to end.');
  await sidecar?.end().catch((error: unknown) => log.error({ err: error }, 'the sidecar could not be ended'));
}

async function run(command: Command): Promise<void> {
  switch (command.kind) {
    case 'serve':
      return serve(command.socket, command.sidecar);
    case 'groups':
      for (const { topic, group, waiting, parked } of await countGroups(command.account)) {
        say(`${topic} · ${group}: ${waiting} waiting, ${parked} parked`);
      }
      return;
    case 'redrive': {
      const { moved, kept } = await redriveGroup(command.account, command.membership);
      say(`${moved} put back${kept > 0 ? `, ${kept} unreadable left` : ''}`);
      return;
    }
    case 'forget':
      await forgetGroup(command.account, command.membership);
      say('forgotten');
  }
}

async function main(): Promise<void> {
  try {
    await run(readCommand(process.argv.slice(2), process.env));
  } catch (error) {
    const isUsage = error instanceof UsageProblem;
    const told = isUsage || error instanceof SocketProblem ? error.message : String(error);
    process.stderr.write(`${told}\n${isUsage ? `\n${USAGE}\n` : ''}`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

if (require.main === module) void main();
