/** What `npm run services` leaves in the home for `dapr run -f` in another terminal. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { exportLines, type ServiceEnvironment } from './environment';
import type { Home } from './home';
import { LOOPBACK } from './ports';
import type { RunPlan } from './run-file';
import type { DaprRuntime } from './runtime/dapr-runtime';
import type { StackPorts } from './stack-ports';

/** Writes `env`: everything that the app and the sidecar need, for `source`. The Dapr CLI gives `env:` to the app alone. */
export function writeShellEnvironment(home: Home, services: ServiceEnvironment, runtime: DaprRuntime): void {
  home.write('env', exportLines({ ...services, DAPR_RUNTIME_PATH: layOutForCli(home, runtime) }));
}

/** The CLI looks for `<path>/.dapr/bin/daprd`. */
function layOutForCli(home: Home, runtime: DaprRuntime): string {
  const bin = home.at('dapr', '.dapr', 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['daprd', 'placement', 'scheduler'] as const) {
    rmSync(join(bin, name), { force: true });
    symlinkSync(runtime[name], join(bin, name));
  }
  return dirname(dirname(bin));
}

/**
 * The run file to use: the checkout's own one, or, when ports had to move, a copy of it in the home that names them.
 * Returns undefined for the own one.
 */
export function writeMovedRunFile(home: Home, plan: RunPlan, ports: StackPorts): string | undefined {
  const addresses = {
    placementHostAddress: `${LOOPBACK}:${ports.placement}`,
    schedulerHostAddress: `${LOOPBACK}:${ports.scheduler}`,
  };
  const moved = {
    ...plan,
    ...addresses,
    appPort: ports.appChannel,
    daprHTTPPort: ports.sidecarHttp,
    daprGRPCPort: ports.sidecarGrpc,
  };
  if (JSON.stringify(moved) === JSON.stringify({ ...plan, ...addresses }) && sameAddresses(plan, addresses)) {
    return undefined;
  }
  const file = home.at('dapr.yaml');
  writeFileSync(file, stringify({ version: 1, apps: [moved] }));
  return file;
}

function sameAddresses(plan: RunPlan, other: { placementHostAddress: string; schedulerHostAddress: string }): boolean {
  return (
    plan.placementHostAddress === other.placementHostAddress && plan.schedulerHostAddress === other.schedulerHostAddress
  );
}
