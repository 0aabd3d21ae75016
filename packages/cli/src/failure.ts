import { EXIT, type ExitCode } from './exit-codes';

/** Ends a command: one sentence, lines that help, an exit code. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  /** Whole lines printed below the message. */
  readonly help: readonly string[];

  constructor(exitCode: ExitCode, message: string, help: readonly string[] = [], options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.help = help;
  }
}

/** Ctrl-C. What goes on at the server goes on. */
export class Interrupted extends Failure {
  constructor(message = 'interrupted', help: readonly string[] = []) {
    super(EXIT.interrupted, message, help);
    this.name = 'Interrupted';
  }
}

export function usage(message: string, help: readonly string[] = []): Failure {
  return new Failure(EXIT.usage, message, help);
}
