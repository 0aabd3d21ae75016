import type { Reader } from './reader';

interface Settings {
  readonly api: { readonly port: number };
  readonly appChannel: { readonly port: number };
  readonly sidecar: { readonly httpPort: number; readonly grpcPort: number };
  readonly metrics: { readonly port: number } | undefined;
}

/** App and sidecar share one network: two of them on one port would keep each other from starting, one at random. */
export function checkPorts(read: Reader, { api, appChannel, sidecar, metrics }: Settings): void {
  const ports = [
    ['API_PORT', api.port],
    ['APP_PORT', appChannel.port],
    ['DAPR_HTTP_PORT', sidecar.httpPort],
    ['DAPR_GRPC_PORT', sidecar.grpcPort],
    ...(metrics ? [['METRICS_PORT', metrics.port] as const] : []),
  ] as const;
  for (const [index, [name, port]] of ports.entries()) {
    const other = ports.slice(0, index).find(([, taken]) => taken === port);
    if (other !== undefined) read.problem(name, `is ${port}, as ${other[0]} is.`, 'Give each a port of its own.');
  }
}
