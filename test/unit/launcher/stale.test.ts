import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';

/** What `scripts/launch.mjs` says of the sources below a folder: another text means compile again. */
function stateOf(root: string): string {
  const script = `import(${JSON.stringify(join(CHECKOUT, 'scripts', 'launch.mjs'))}).then((m) => process.stdout.write(m.sourceState(${JSON.stringify(root)})))`;
  return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
}

test('a compilation is stale when a source, its name or the compiler’s settings changed, not when a file was touched', () => {
  const root = mkdtempSync(join(tmpdir(), 'contactsheet-unit-'));
  try {
    for (const file of ['tsconfig.base.json', 'tsconfig.build.json', 'package-lock.json']) {
      cpSync(join(CHECKOUT, file), join(root, file));
    }
    for (const folder of ['src', 'packages/a/src']) mkdirSync(join(root, folder), { recursive: true });
    const source = join(root, 'src', 'a.ts');
    writeFileSync(source, 'export const a = 1;\n');
    const first = stateOf(root);

    utimesSync(source, new Date(), new Date());
    expect(stateOf(root)).toBe(first);

    writeFileSync(source, 'export const a = 2;\n');
    const second = stateOf(root);
    expect(second).not.toBe(first);

    writeFileSync(join(root, 'src', 'b.ts'), '');
    const third = stateOf(root);
    expect(third).not.toBe(second);

    writeFileSync(join(root, 'packages', 'a', 'src', 'c.ts'), '');
    expect(stateOf(root)).not.toBe(third);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
