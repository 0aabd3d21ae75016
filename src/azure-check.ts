import { parseArgs } from 'node:util';
import { ConfigError, readOutside } from './config';
import type { CheckLine } from './use-cases/azure-check/check-azure';
import { runAzureCheck } from './wiring/azure-check';

/**
 * `node dist/azure-check.js [--container NAME] [--json]`: what a person runs first on a real account. It reads the settings of
 * the application and asks Azure for everything that the application will ask for. It needs no sidecar and no running
 * application. Ends with 0 when all is right, with 1 when something is missing or does not answer, with 2 for wrong settings.
 */
const USAGE = `node dist/azure-check.js [--container NAME] [--json]

  --container NAME  a container with photos (default: the first of the account)
  --json            one JSON object a line

Ends with 0 when all is right, 1 when something is missing, 2 for wrong settings.`;

const SIGNS: Readonly<Record<CheckLine['state'], string>> = {
  right: 'right      ',
  missing: 'MISSING    ',
  failed: 'FAILED     ',
  skipped: 'not checked',
};

async function main(): Promise<number> {
  const options = { container: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const states = new Set<CheckLine['state']>();
  for await (const line of runAzureCheck(readOutside(process.env), values.container)) {
    states.add(line.state);
    say(values.json ? JSON.stringify(line) : inWords(line));
  }
  return states.has('missing') || states.has('failed') ? 1 : 0;
}

function inWords({ what, state, why, grant }: CheckLine): string {
  const more = [
    ...(why === undefined ? [] : why.split('\n')),
    ...(grant ? [`Grant ${grant.role.name} (${grant.role.id}) on ${grant.scope}:`, grant.command] : []),
  ];
  return [`${SIGNS[state]}  ${what}`, ...more.map((text) => `             ${text}`)].join('\n');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode =
      error instanceof ConfigError || (error as { code?: unknown }).code?.toString().startsWith('ERR_PARSE') ? 2 : 1;
  },
);
