import { Argument, type Command } from 'commander';
import { bashScript } from '../completion/bash';
import { fishScript } from '../completion/fish';
import { completionTree } from '../completion/tree';
import { zshScript } from '../completion/zsh';
import type { Registrar } from '../session';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function registerCompletion(program: Command, { action }: Registrar): void {
  program
    .command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', '\nFor this bash: source <(contactsheet completion bash)')
    .action(
      action(async ({ out }, [shell = 'bash']) => {
        const script = SCRIPTS[shell as keyof typeof SCRIPTS](completionTree(program));
        await out.value({ shell, script }, () => [script.trimEnd()]);
      }),
    );
}
