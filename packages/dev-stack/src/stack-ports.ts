import type { PortBook } from './ports';
import type { RunPlan } from './run-file';

/** Every port that a stack listens on. All on loopback. */
export interface StackPorts {
  readonly api: number;
  readonly appChannel: number;
  readonly sidecarHttp: number;
  readonly sidecarGrpc: number;
  readonly sidecarInternal: number;
  readonly sidecarMetrics: number;
  readonly blob: number;
  readonly queue: number;
  readonly cosmos: number;
  readonly vision: number;
  readonly placement: number;
  readonly placementHealth: number;
  readonly placementMetrics: number;
  readonly placementRaft: number;
  readonly scheduler: number;
  readonly schedulerHealth: number;
  readonly schedulerMetrics: number;
  readonly schedulerEtcdClient: number;
  readonly schedulerEtcdPeer: number;
}

/** Ports of what the run file does not name. */
export const DEFAULT_PORTS = { api: 8080, blob: 10_000, queue: 10_001, cosmos: 8081, vision: 8090 } as const;

const DEFAULT_PLACEMENT = 50_005;
const DEFAULT_SCHEDULER = 50_006;

/**
 * The ports of `dapr.yaml` and the defaults, each moved to the next free one where it is taken; the inner ports of the
 * control plane anywhere.
 *
 * @param wantedApi the value of API_PORT. One that is no port is left to the app, which reports it with everything else
 *   that is wrong.
 */
export async function chooseStackPorts(book: PortBook, plan: RunPlan, wantedApi?: string): Promise<StackPorts> {
  const fixed = asPort(wantedApi);
  return {
    api: fixed ? await book.exactly(fixed, 'API_PORT') : await book.nearest(DEFAULT_PORTS.api),
    appChannel: await book.nearest(plan.appPort),
    sidecarHttp: await book.nearest(plan.daprHTTPPort),
    sidecarGrpc: await book.nearest(plan.daprGRPCPort),
    blob: await book.nearest(DEFAULT_PORTS.blob),
    queue: await book.nearest(DEFAULT_PORTS.queue),
    cosmos: await book.nearest(DEFAULT_PORTS.cosmos),
    vision: await book.nearest(DEFAULT_PORTS.vision),
    placement: await book.nearest(portOfAddress(plan.placementHostAddress) ?? DEFAULT_PLACEMENT),
    scheduler: await book.nearest(portOfAddress(plan.schedulerHostAddress) ?? DEFAULT_SCHEDULER),
    sidecarInternal: await book.any(),
    sidecarMetrics: await book.any(),
    placementHealth: await book.any(),
    placementMetrics: await book.any(),
    placementRaft: await book.any(),
    schedulerHealth: await book.any(),
    schedulerMetrics: await book.any(),
    schedulerEtcdClient: await book.any(),
    schedulerEtcdPeer: await book.any(),
  };
}

/** What every part would listen on when nothing is in its way. */
export function preferredPorts(plan: RunPlan): number[] {
  return [
    ...Object.values(DEFAULT_PORTS),
    plan.appPort,
    plan.daprHTTPPort,
    plan.daprGRPCPort,
    portOfAddress(plan.placementHostAddress) ?? DEFAULT_PLACEMENT,
    portOfAddress(plan.schedulerHostAddress) ?? DEFAULT_SCHEDULER,
  ];
}

function asPort(text: string | undefined): number | undefined {
  const port = Number(text);
  return text && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined;
}

function portOfAddress(address: string | undefined): number | undefined {
  return asPort(address?.split(':').pop());
}
