import type { Command } from 'commander';
import { registerAzure } from './commands/azure';
import { registerCompletion } from './commands/completion';
import { registerContainers } from './commands/containers';
import { registerDoctor } from './commands/doctor';
import { registerImages } from './commands/images';
import { registerKeys } from './commands/keys';
import { registerLogin } from './commands/login';
import { registerOperations } from './commands/operations';
import { registerQuota } from './commands/quota';
import { registerQuote } from './commands/quote';
import { registerRunControl } from './commands/run-control';
import { registerRunRecords } from './commands/run-records';
import { registerRunStart } from './commands/run-start';
import { registerRunViews } from './commands/run-views';
import { registerVisit } from './commands/visit';
import { EXIT_CODES_HELP } from './exit-codes';
import { addSharedOptions, packageVersion, type Registrar } from './session';

/** The tree of commands. */
export function addCommands(program: Command, registrar: Registrar): void {
  program
    .description('Analyse every image in an Azure blob container, durably, and see every step.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help lists the options)')
    .addHelpText('after', EXIT_CODES_HELP);
  addSharedOptions(program);
  const run = program.command('run').description('start runs, follow them, stop them, read their results');
  registerRunStart(run, registrar);
  registerRunViews(run, registrar);
  registerRunControl(run, registrar);
  registerRunRecords(run, registrar);
  registerQuote(program, registrar);
  registerContainers(program, registrar);
  registerImages(program, registrar);
  registerOperations(program, registrar);
  registerQuota(program, registrar);
  registerKeys(program, registrar);
  registerLogin(program, registrar);
  registerAzure(program, registrar);
  registerDoctor(program, registrar);
  registerCompletion(program, registrar);
  registerVisit(program, registrar);
}
