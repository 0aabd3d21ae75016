import { Command, CommanderError, type OptionValues } from 'commander';
import { explained } from './api/client';
import { EXIT, type ExitCode } from './exit-codes';
import { Failure } from './failure';
import { addCommands } from './program';
import { type Action, openSession, type Registrar } from './session';
import { colorsFor } from './text/colors';
import { printable } from '@contactsheet/terminal';
import type { CliContext } from './cli-context';

/** Runs one command line to its exit code. Never throws. */
export async function runCli(words: readonly string[], context: CliContext): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const registrar: Registrar = {
    context,
    action:
      (run) =>
      async (...given) => {
        exitCode = (await runAction(run, given, context)) ?? EXIT.ok;
      },
  };
  try {
    await createProgram(registrar).parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(error, context);
  }
}

export function createProgram(registrar: Registrar): Command {
  const { stdout, stderr } = registrar.context;
  const program = new Command('contactsheet').exitOverride().configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    getOutHelpWidth: () => stdout.columns ?? 100,
    getErrHelpWidth: () => stderr.columns ?? 100,
  });
  addCommands(program, registrar);
  return program;
}

/** Commander hands over the arguments, then the options, then the command. */
async function runAction<Options>(run: Action<Options>, given: readonly unknown[], context: CliContext) {
  const command = given.at(-1) as Command;
  const session = openSession(context, command);
  try {
    return (await run(session, command.processedArgs as string[], command.opts<Options & OptionValues>())) ?? undefined;
  } catch (error) {
    throw explained(error, session.api.address);
  }
}

function report(error: unknown, { stderr, env }: CliContext): ExitCode {
  const colors = colorsFor(stderr, env, 'auto');
  const { exitCode, message, help } = asFailure(error);
  const isError = exitCode !== EXIT.interrupted;
  stderr.write(`${isError ? colors.red('error: ') : ''}${printable(message)}\n`);
  for (const line of help) stderr.write(`${printable(line)}\n`);
  return exitCode;
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure(EXIT.unexpected, message, [
    'This is a defect of the command line, or an answer it does not understand.',
  ]);
}
