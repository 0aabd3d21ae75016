import { type Config, readConfig } from './config';
import { quietEngine } from './dapr/quiet-engine';
import { createLogger } from './telemetry/logger';
import { createMetrics } from './telemetry/metrics';
import { createActorsOf } from './wiring/actors';
import { openGateways } from './wiring/gateways';
import { createJobs } from './wiring/jobs';
import { meterGateways } from './wiring/metered-gateways';
import { serveMetrics } from './wiring/metrics';
import type { Overrides } from './wiring/overrides';
import { createPipeline } from './wiring/pipeline';
import { runAsProcess } from './wiring/process';
import { startServers } from './wiring/servers';
import { createUseCases } from './wiring/use-cases';

export type { Overrides } from './wiring/overrides';

export interface App {
  readonly publicUrl: string;
  /** Idempotent. What is in flight may end; the rest is done by others. */
  stop(): Promise<void>;
}

/** The whole product in one process. @throws Error when a port is taken or a service that it needs cannot be reached */
export async function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const log = createLogger(config.logLevel);
  quietEngine();

  const metrics = config.metrics && createMetrics();
  const gateways = meterGateways(await openGateways(config, overrides), metrics);
  const actors = createActorsOf(config, gateways);
  const pipeline = createPipeline(config, gateways, actors, overrides);
  const application = createUseCases(config, gateways, actors, pipeline, log);
  const jobs = createJobs(config, application, log);
  const servers = await startServers(config, gateways, actors, application, jobs, log);
  const scrapes = await serveMetrics(config, metrics, pipeline, application, servers);
  jobs.start();
  log.info({ event: 'app.started', api: servers.publicUrl, appChannel: servers.appChannelUrl }, 'listening');

  async function stop(): Promise<void> {
    servers.drain();
    jobs.stop();
    pipeline.drain();
    await servers.stop();
    await scrapes?.close(0);
    await gateways.close();
    log.info({ event: 'app.stopped' }, 'stopped');
  }

  let stopped: Promise<void> | undefined;
  return { publicUrl: servers.publicUrl, stop: () => (stopped ??= stop()) };
}

if (require.main === module) runAsProcess(() => startApp(readConfig(process.env)));
