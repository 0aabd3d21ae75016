/** Dapr's control plane from its own chart, and what it needs of a cluster: names and disks. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '@contactsheet/dev-stack';
import { Certificates } from './certificates';
import { run } from './command';
import type { Kubectl } from './kubectl';
import { inside } from './network';

import { DAPR } from './versions';

const MANIFESTS = join(CHECKOUT, 'packages', 'cluster', 'manifests');
export const DAPR_NAMESPACE = 'dapr-system';
/** As many as the chart starts, always. */
const SCHEDULERS = 3;

export interface DaprPlan {
  readonly folder: string;
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
  /** The folder of the chart, and the program that reads it. */
  readonly chart: string;
  readonly helm: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Resolves when every pod of it is ready. */
export async function installDapr({ folder, kubectl, kubeconfig, chart, helm, env }: DaprPlan): Promise<void> {
  await kubectl(['apply', '-f', join(MANIFESTS, 'coredns.yaml')]);
  await kubectl(['apply', '--server-side', '-f', join(chart, 'crds')]);
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: await disks(folder) }));
  await kubectl(['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=120s']);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: DAPR_NAMESPACE, labels } };
  await kubectl(['apply', '-f', '-'], JSON.stringify(namespace));
  const authority = daprAuthority(folder);
  await authority.createAuthority();
  await authority.signAuthority(FIRST_ISSUER);
  const files = Object.entries({
    'root.certPEM': 'ca.crt',
    'issuer.certPEM': `${FIRST_ISSUER}.crt`,
    'issuer.keyPEM': `${FIRST_ISSUER}.key`,
  }).flatMap(([value, file]) => ['--set-file', `dapr_sentry.tls.${value}=${authority.path(file)}`]);
  const values = ['-f', join(MANIFESTS, 'dapr-values.yaml'), '--set', `global.tag=${DAPR}`, ...files];
  const words = ['install', 'dapr', chart, '-n', DAPR_NAMESPACE, ...values, '--skip-crds', '--wait', '--timeout', '5m'];
  const home = join(folder, 'helm');
  const homes = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  await inside([helm, ...words], { env: { ...env, ...homes, KUBECONFIG: kubeconfig } });
}

/** Root of the certificates of Dapr: the issuer below it, which sentry holds, can be changed while everything runs. */
export const daprAuthority = (folder: string) => new Certificates(join(folder, 'dapr-pki'));
const FIRST_ISSUER = 'issuer-1';

/** Folders in memory: there is no provisioner, and a busy disk would hold up the votes of the schedulers. */
async function disks(folder: string): Promise<object[]> {
  mkdirSync(join(folder, 'disks'));
  await run('mount', ['-t', 'tmpfs', 'tmpfs', join(folder, 'disks')]);
  return Array.from({ length: SCHEDULERS }, (_, n) => {
    const path = join(folder, 'disks', String(n));
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777); // The scheduler is no root.
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `disk-${n}` },
      spec: {
        capacity: { storage: '16Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'node-disk',
        hostPath: { path },
      },
    };
  });
}
