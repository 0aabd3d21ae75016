/**
 * The gRPC server on a Unix socket that daprd finds in DAPR_COMPONENTS_SOCKETS_FOLDER.
 *
 * I1 daprd lists services by reflection, once, at its start: this must be listening before.
 * I2 The name of the socket's file is the component's type: `storage-queues.sock` is `pubsub.storage-queues`.
 * I3 A socket that a dead process left is removed; one that answers is never taken over.
 * I4 `close` takes at most `CLOSE_WITHIN_MS`.
 *    Source: pkg/components/pluggable/discovery.go of dapr 1.18.2.
 */
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { Logger } from 'pino';
import { createInstances } from './instances';
import { PUBSUB_SERVICE, pubSubPackage } from './proto/descriptor';
import { createService } from './service';

export interface PubSubServer {
  readonly socket: string;
  close(): Promise<void>;
}

export class SocketProblem extends Error {
  override readonly name = 'SocketProblem';
}

const CLOSE_WITHIN_MS = 800;
/** `sun_path` of Linux has 108 bytes with its end, that of macOS 104. */
const MOST_PATH_BYTES = 103;
const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;

/** @throws SocketProblem when the path cannot be listened on. */
export async function startServer(socket: string, log: Logger, env: NodeJS.ProcessEnv = {}): Promise<PubSubServer> {
  if (Buffer.byteLength(socket) > MOST_PATH_BYTES) {
    throw new SocketProblem(
      `The path ${socket} is longer than the ${MOST_PATH_BYTES} bytes that a Unix socket allows.`,
    );
  }
  if (await answers(socket)) throw new SocketProblem(`Another process listens on ${socket}.`); // I3
  rmSync(socket, { force: true });

  const description = pubSubPackage();
  const instances = createInstances(log, env);
  const server = new Server({ 'grpc.max_receive_message_length': MOST_MESSAGE_BYTES });
  server.addService(description[PUBSUB_SERVICE] as ServiceDefinition, createService(instances, log));
  new ReflectionService(description).addToServer(server); // I1
  await listen(server, socket);

  return {
    socket,
    async close() {
      const force = sleep(CLOSE_WITHIN_MS, undefined, { ref: false });
      await Promise.race([instances.close(), force]).catch(() => undefined);
      server.forceShutdown();
      rmSync(socket, { force: true });
    },
  };
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error) reject(new SocketProblem(`${socket} cannot be listened on: ${error.message}`));
      else resolve();
    });
  });
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}
