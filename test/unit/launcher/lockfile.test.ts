import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';

/** What `tools/complete-lockfile.mjs` finds missing in the packages of a lockfile. */
function missingIn(packages: object): Record<string, unknown> {
  const tool = JSON.stringify(join(CHECKOUT, 'tools', 'complete-lockfile.mjs'));
  const script = `import(${tool}).then((m) => process.stdout.write(JSON.stringify(m.missingPackages(${JSON.stringify(packages)}))))`;
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
}

test('names what a registry of one platform left out, and nothing that is there', () => {
  const packages = {
    '': { optionalDependencies: { mine: '1.0.0' } },
    'node_modules/tool': {
      dev: true,
      optionalDependencies: {
        '@t/linux-x64-gnu': '2.1.0',
        '@t/linux-arm64-musl': '2.1.0',
        '@t/win32-ia32-msvc': '^2.1.0',
      },
    },
    'node_modules/@t/linux-x64-gnu': { version: '2.1.0' },
    'node_modules/other': { optionalDependencies: { fsevents: '~3.0.0' } },
    'node_modules/other/node_modules/fsevents': { version: '3.0.1' },
  };
  expect(missingIn(packages)).toEqual({
    'node_modules/@t/linux-arm64-musl': {
      version: '2.1.0',
      cpu: ['arm64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    },
    'node_modules/@t/win32-ia32-msvc': { version: '2.1.0', cpu: ['ia32'], dev: true, optional: true, os: ['win32'] },
  });
});

test('looks for what a workspace asks for in its own folder and then beside it', () => {
  const packages = {
    '': { workspaces: ['packages/*'] },
    'node_modules/mine': { resolved: 'packages/mine', link: true },
    'node_modules/@t/linux-x64': { version: '1.0.0', optional: true },
    'packages/mine': {
      version: '0.1.0',
      optionalDependencies: { '@t/linux-x64': '1.0.0', '@t/darwin-arm64': '1.0.0' },
    },
    'packages/mine/node_modules/tool': {
      dev: true,
      optionalDependencies: { '@u/linux-x64': '3.0.0', '@u/win32-x64': '3.0.0' },
    },
    'packages/mine/node_modules/@u/linux-x64': { version: '3.0.0', optional: true },
  };
  expect(missingIn(packages)).toEqual({
    'node_modules/@t/darwin-arm64': { version: '1.0.0', cpu: ['arm64'], optional: true, os: ['darwin'] },
    'node_modules/@u/win32-x64': { version: '3.0.0', cpu: ['x64'], dev: true, optional: true, os: ['win32'] },
  });
});
