import type { Command } from 'commander';
import type { Registrar } from '../session';
import { plainLines } from '../text/plain';

const WHAT = 'operations';

export function registerOperations(program: Command, { action }: Registrar): void {
  const operation = program
    .command('operation')
    .description('requests that took longer than 10 s: verify, repair, quote with a sample');
  operation
    .command('show')
    .description('show an operation, with its result once it has one')
    .argument('<operation>')
    .action(
      action(async ({ api, out }, [id = '']) => {
        const { body } = await api.getOperation({ params: { id } }, { what: WHAT });
        await out.value(body, () => plainLines(body, out.width));
      }),
    );
  operation
    .command('cancel')
    .description('ask an operation to end; what it did before is kept')
    .argument('<operation>')
    .action(
      action(async ({ api, out }, [id = '']) => {
        const { body } = await api.cancelOperation({ params: { id } }, { what: WHAT });
        await out.value(body, () => plainLines(body, out.width));
      }),
    );
}
