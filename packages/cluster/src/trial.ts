/** The trial of deploy/kubernetes, step by step as its README has it. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '@contactsheet/dev-stack';
import { run } from './command';
import type { Kubectl } from './kubectl';

export const NAMESPACE = 'contactsheet';

/** Where the manifests and the secrets of the trial are. */
export const trialFolder = (folder: string) => join(folder, 'trial', 'deploy', 'kubernetes', 'stand-ins');

/** Resolves when the application serves and the sample pictures are there. */
export async function startTrial(folder: string, kubectl: Kubectl): Promise<void> {
  // A copy, because the secrets lie beside the manifests.
  for (const part of ['deploy', 'components']) {
    cpSync(join(CHECKOUT, part), join(folder, 'trial', part), { recursive: true });
  }
  const overlay = trialFolder(folder);
  rmSync(join(overlay, 'secrets'), { recursive: true, force: true });
  await run(join(overlay, 'make-secrets.sh'), []);
  await kubectl(['apply', '--validate=strict', '-k', overlay]);
  const inNamespace = ['-n', NAMESPACE];
  for (const name of ['stand-ins', 'contactsheet']) {
    await kubectl([...inNamespace, 'rollout', 'status', `deployment/${name}`, '--timeout=300s']);
  }
  await kubectl([...inNamespace, 'wait', '--for=condition=Complete', 'job/upload-samples', '--timeout=180s']);
}
