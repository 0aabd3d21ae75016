/** The components of this process, by the name under which daprd calls them: one socket serves all of its type. */
import { type Metadata, status } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { type Component, startComponent } from './component';
import type { Properties } from './proto/messages';
import { InvalidSettings, readSettings, unknownProperties } from './settings';
import { reasonOf } from './storage-errors';
import { createWake } from './wake';

/** What daprd is told; `code` is a gRPC status. */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details);
  }
}

export interface Instances {
  /** Starts the component that the call names, in place of one that an earlier daprd started. @throws CallError */
  init(call: Metadata, properties: Properties): Promise<void>;
  /** @throws CallError before `init`. */
  of(call: Metadata): Component;
  close(): Promise<void>;
}

/** Source: pkg/components/pluggable/grpc.go of dapr 1.18.2. */
const INSTANCE_HEADER = 'x-component-instance';

/** `env`: of the process, for the identity of components that name none. */
export function createInstances(log: Logger, env: NodeJS.ProcessEnv = {}): Instances {
  const wake = createWake();
  const components = new Map<string, Component>();

  return {
    async init(call, properties) {
      const name = nameOf(call);
      try {
        const settings = readSettings(properties, env);
        const unknown = unknownProperties(properties);
        if (unknown.length > 0) log.warn({ event: 'pubsub.unknown_metadata', instance: name, unknown });
        const earlier = components.get(name);
        components.delete(name);
        await earlier?.close();
        components.set(name, await startComponent(settings, log, wake));
        log.info({ event: 'pubsub.initialised', instance: name, group: settings.consumerId, prefix: settings.prefix });
      } catch (error) {
        throw error instanceof InvalidSettings
          ? new CallError(status.INVALID_ARGUMENT, error.message)
          : new CallError(status.UNAVAILABLE, `The storage account cannot be used: ${reasonOf(error)}`);
      }
    },
    of(call) {
      const component = components.get(nameOf(call));
      if (!component)
        throw new CallError(status.FAILED_PRECONDITION, `Component "${nameOf(call)}" is not initialised.`);
      return component;
    },
    async close() {
      await Promise.all([...components.values()].map((each) => each.close()));
      components.clear();
    },
  };
}

/**
 * A publish that daprd makes while it handles a delivery (a dead letter) carries the name twice, which arrives as `a, a`: its
 * context already had it. No name of a component holds a comma.
 */
export function nameOf(call: Metadata): string {
  return String(call.get(INSTANCE_HEADER).at(-1) ?? '')
    .replace(/^.*,/s, '')
    .trim();
}

/** What a publisher hears: a mistake of its own, or a storage account that does not answer now. */
export function asCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  return new CallError(error instanceof RangeError ? status.INVALID_ARGUMENT : status.UNAVAILABLE, reasonOf(error));
}
