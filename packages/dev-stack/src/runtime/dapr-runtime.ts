import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { isInRange, RANGE_IN_WORDS } from './dapr-version';

/** The three programs of Dapr that a stack runs. */
export interface DaprRuntime {
  readonly daprd: string;
  readonly placement: string;
  readonly scheduler: string;
  readonly version: string;
}

export const PROGRAMS = ['daprd', 'placement', 'scheduler'] as const;

export type Inspection =
  | { readonly ok: true; readonly runtime: DaprRuntime }
  | { readonly ok: false; readonly why: string };

/** Looks whether a folder holds the three programs, and runs them to see their version. */
export function inspectRuntime(folder: string): Inspection {
  for (const program of PROGRAMS) {
    if (!isExecutable(join(folder, program))) return { ok: false, why: `${program} is not in ${folder}` };
  }
  const asked = spawnSync(join(folder, 'daprd'), ['--version'], { encoding: 'utf8', timeout: 20_000 });
  const version = asked.stdout?.trim() ?? '';
  if (asked.status !== 0 || version === '') return { ok: false, why: `${join(folder, 'daprd')} does not run here` };
  if (!isInRange(version)) {
    const reason = version === 'edge' ? 'is a custom build (edge) without a version number' : `is ${version}`;
    return { ok: false, why: `${join(folder, 'daprd')} ${reason}; wanted is ${RANGE_IN_WORDS}` };
  }
  const runtime = {
    daprd: join(folder, 'daprd'),
    placement: join(folder, 'placement'),
    scheduler: join(folder, 'scheduler'),
    version,
  };
  return { ok: true, runtime };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
