import { LOOPBACK } from './ports';
import type { RunPlan } from './run-file';
import type { StackPorts } from './stack-ports';

/**
 * The arguments of daprd for the run file, as the Dapr CLI would give them, with the ports in use and everything bound to
 * loopback. Source: daprd 1.18 `--help`.
 */
export function daprdArguments(plan: RunPlan, ports: StackPorts): string[] {
  const flags: [string, string | number | undefined][] = [
    ['--app-id', plan.appID],
    ['--app-port', ports.appChannel],
    ['--app-protocol', plan.appProtocol],
    ['--app-channel-address', LOOPBACK],
    ['--dapr-listen-addresses', LOOPBACK],
    ['--dapr-http-port', ports.sidecarHttp],
    ['--dapr-grpc-port', ports.sidecarGrpc],
    ['--dapr-internal-grpc-port', ports.sidecarInternal],
    ['--dapr-internal-grpc-listen-address', LOOPBACK],
    ['--metrics-port', ports.sidecarMetrics],
    ['--metrics-listen-address', LOOPBACK],
    ['--placement-host-address', `${LOOPBACK}:${ports.placement}`],
    ['--scheduler-host-address', `${LOOPBACK}:${ports.scheduler}`],
    // Long enough to finish calls in flight, short enough for a stop within ten seconds in all.
    ['--dapr-graceful-shutdown-seconds', 2],
    ['--config', plan.configFilePath],
    ['--max-body-size', plan.maxBodySize],
    ['--read-buffer-size', plan.readBufferSize],
    ['--log-level', plan.logLevel],
    ['--app-max-concurrency', plan.appMaxConcurrency],
    ['--app-health-check-path', plan.appHealthCheckPath],
    ['--app-health-probe-interval', plan.appHealthProbeInterval],
    ['--app-health-probe-timeout', plan.appHealthProbeTimeout],
    ['--app-health-threshold', plan.appHealthThreshold],
  ];
  return [
    ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)])),
    ...plan.resourcesPaths.flatMap((path) => ['--resources-path', path]),
    ...(plan.enableApiLogging ? ['--enable-api-logging'] : []),
    ...(plan.enableAppHealthCheck ? ['--enable-app-health-check'] : []),
  ];
}
