#!/usr/bin/env node
import { EXIT } from './exit-codes';
import { runCli } from './run-cli';
import { processContext } from './cli-context';

/**
 * I1 The first Ctrl-C asks the command to let go; the second one ends the process at once.
 * I2 A reader that stops reading (`| head`) is no error.
 */
const interruption = new AbortController();
process.on('SIGINT', () => {
  if (interruption.signal.aborted) process.exit(EXIT.interrupted);
  interruption.abort();
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.unexpected); // I2
});
process.stderr.on('error', () => undefined);

void runCli(process.argv.slice(2), processContext(interruption.signal)).then((code) => {
  process.exitCode = code;
});
