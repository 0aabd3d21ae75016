import type { Command } from 'commander';
import { examine, type Finding } from '../diagnosis';
import { EXIT } from '../exit-codes';
import type { Output } from '../output';
import type { Registrar } from '../session';
import { paintStatus } from '../text/colors';
import { padEnd, printable, wrap } from '@contactsheet/terminal';

export function registerDoctor(program: Command, { action }: Registrar): void {
  program
    .command('doctor')
    .description('check every part and say how to fix what fails')
    .action(
      action(async ({ api, out }) => {
        const findings = await examine(api);
        const isOk = findings.every(({ state }) => state !== 'failed');
        const checks = Object.fromEntries(findings.map(({ part, ...finding }) => [part, finding]));
        await out.value({ ok: isOk, address: api.address, checks }, () =>
          findings.flatMap((finding) => findingLines(finding, out)),
        );
        if (isOk) return EXIT.ok;
        return checks.api?.state === 'failed' ? EXIT.unreachable : EXIT.unexpected;
      }),
    );
}

const STATE_WIDTH = 9;
const PART_WIDTH = 10;

function findingLines({ part, state, detail, cure }: Finding, { colors, width }: Pick<Output, 'colors' | 'width'>) {
  const room = (width ?? Number.POSITIVE_INFINITY) - STATE_WIDTH - PART_WIDTH;
  const head = `${paintStatus(colors, state, padEnd(state, STATE_WIDTH))}${padEnd(printable(part), PART_WIDTH)}`;
  const lines = [detail, ...(cure === undefined ? [] : [`cure: ${cure}`])].flatMap((text) =>
    wrap(printable(text), room),
  );
  return lines.map((line, index) => `${index === 0 ? head : ' '.repeat(STATE_WIDTH + PART_WIDTH)}${line}`);
}
