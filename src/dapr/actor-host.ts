import { CommunicationProtocolEnum, DaprServer, LogLevel } from '@dapr/dapr';
import type { Express } from 'express';
import type { Actors } from '../actors';

/**
 * Hosts the actors on an Express app of ours.
 *
 * `DaprServer.start()` is never called: it would listen on every interface, whatever `serverHost` says, and wait for the
 * sidecar, which waits for us (@dapr/dapr 3.18.0, HTTPServer.js). What we need of it are the routes that `actor.init()`
 * adds. Express 5, ours: with the bundled Express 4 an error in deactivate is an unhandled rejection and ends the process.
 */
export async function hostActors(
  app: Express,
  actors: Actors,
  ports: { readonly app: number; readonly sidecar: number },
): Promise<void> {
  const server = new DaprServer({
    serverHost: '127.0.0.1',
    serverPort: String(ports.app),
    serverHttp: app as never,
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    clientOptions: {
      daprHost: '127.0.0.1',
      daprPort: String(ports.sidecar),
      logger: { level: LogLevel.Warn },
    },
    logger: { level: LogLevel.Warn },
  });
  await server.actor.init();
  for (const actor of actors.hosted) await server.actor.registerActor(actor);
}
