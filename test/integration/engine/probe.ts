import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { quietEngine } from '../../../src/dapr/quiet-engine';
import { createWorkflowStarter } from '../../../src/dapr/workflow-client';
import type { WorkflowStarter } from '../../../src/use-cases/workflow-starter';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { daprdArguments } from '../../../packages/dev-stack/src/daprd-command';
import { createPortBook, LOOPBACK } from '../../../packages/dev-stack/src/ports';
import { succeeds } from '../../../packages/dev-stack/src/probe';
import { readRunFile } from '../../../packages/dev-stack/src/run-file';
import { acquireRuntime } from '../../../packages/dev-stack/src/runtime/acquire';
import { chooseStackPorts } from '../../../packages/dev-stack/src/stack-ports';
import { type Child, startChild } from '../../contract/pubsub/child';
import { eventually, type TestStack } from '../framework';

/**
 * An app of its own on the services of a stack: the probe app, and a daprd with the product's own state store component
 * and configuration (only their scopes are taken out, which name the product).
 */
export interface Probe {
  readonly sidecar: string;
  readonly workflows: WorkflowStarter;
  /** All that daprd said, over restarts. */
  log(): string;
  /** kill -9 of both, and both anew: a worker of the SDK does not come back to a new sidecar by itself. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const PROBE_ID = 'engine-probe';
const COMPONENTS = ['statestore.yaml', 'secretstore.yaml'];

export async function startProbe(stack: TestStack): Promise<Probe> {
  quietEngine();
  // Ports of a stack are free ones, so the launcher has written where its control plane is.
  const plan = readRunFile(join(stack.home, 'dapr.yaml'));
  const ports = {
    ...(await chooseStackPorts(createPortBook({ everywhereFree: true }), plan)),
    placement: portOf(plan.placementHostAddress),
    scheduler: portOf(plan.schedulerHostAddress),
  };
  const resources = mkdtempSync(join(tmpdir(), 'contactsheet-probe-'));
  for (const name of COMPONENTS) {
    const { scopes, ...component } = parse(readFileSync(resolve(CHECKOUT, 'components', name), 'utf8'));
    writeFileSync(join(resources, name), stringify(component));
  }
  // The test asks about workflows over HTTP, which the product does not use and its configuration closes.
  const { spec, ...configuration } = parse(readFileSync(plan.configFilePath ?? '', 'utf8'));
  const configFilePath = join(resources, '..', `${basename(resources)}-config.yaml`);
  writeFileSync(configFilePath, stringify({ ...configuration, spec: { ...spec, api: {} } }));
  const runtime = await acquireRuntime({
    env: process.env,
    signal: new AbortController().signal,
    say: () => undefined,
  });
  const sidecar = `http://${LOOPBACK}:${ports.sidecarHttp}`;
  const isServing = succeeds(`${sidecar}/v1.0/healthz`);
  let earlier = '';
  let daprd: Child;
  let app: Child;

  async function startSidecar(): Promise<void> {
    daprd = await startChild({
      program: runtime.daprd,
      words: daprdArguments({ ...plan, appID: PROBE_ID, resourcesPaths: [resources], configFilePath }, ports),
      env: { CONTACTSHEET_SECRETS_FILE: join(stack.home, 'secrets.json'), DAPR_HOST_IP: LOOPBACK },
    });
    await eventually(isServing, { what: 'the daprd of the probe serves' }).catch((error: Error) => {
      throw new Error(`${error.message}\n${daprd.output().slice(-4_000)}`);
    });
  }

  async function startApp(): Promise<void> {
    app = await startChild({
      words: [join(__dirname, 'probe-app.cjs')],
      env: {
        APP_PORT: String(ports.appChannel),
        DAPR_HTTP_PORT: String(ports.sidecarHttp),
        DAPR_GRPC_PORT: String(ports.sidecarGrpc),
      },
      says: /the worker is started/,
    });
  }

  const start = () => Promise.all([startApp(), startSidecar()]);
  await start();
  const workflows = createWorkflowStarter({ host: LOOPBACK, grpcPort: ports.sidecarGrpc, deadlineMs: 10_000 });
  const log = () => earlier + daprd.output();

  return {
    sidecar,
    workflows,
    log,
    async restart() {
      await Promise.all([daprd.end(), app.end()]);
      earlier += daprd.output();
      await start();
    },
    async stop() {
      workflows.close();
      await app.end('SIGTERM');
      await daprd.end('SIGTERM');
      rmSync(resources, { recursive: true, force: true });
      rmSync(configFilePath, { force: true });
    },
  };
}

function portOf(address = ''): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
