/** The gRPC service `dapr.proto.components.v1.PubSub`: translates calls, decides nothing. */
import type { Metadata, ServerUnaryCall, sendUnaryData, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { asCallError, type Instances } from './instances';
import type {
  BulkMessageEntry,
  BulkPublishRequest,
  BulkPublishResponse,
  Empty,
  InitRequest,
  PublishRequest,
} from './proto/messages';
import type { Publisher } from './publisher';
import { type PullCall, servePull } from './pull-stream';
import { reasonOf } from './storage-errors';

/**
 * `MESSAGE_TTL`: we keep `ttlInSeconds`, daprd need not. `BULK_SUBSCRIBE_IMMEDIATE`: we deliver one at a time, so daprd must
 * not wait for a batch to fill. Source: pubsub/feature.go of components-contrib 1.18.3.
 */
const FEATURES = ['MESSAGE_TTL', 'BULK_SUBSCRIBE_IMMEDIATE'];

/** Entries of one bulk publish that are written at once. */
const BULK_AT_ONCE = 16;

export function createService(instances: Instances, log: Logger): UntypedServiceImplementation {
  return {
    Init: unary(async ({ metadata }: InitRequest, call): Promise<Empty> => {
      await instances.init(call, metadata?.properties ?? {});
      return {};
    }),
    Features: unary(async () => ({ features: FEATURES })),
    Publish: unary(async (request: PublishRequest, call): Promise<Empty> => {
      await instances.of(call).publish(request);
      return {};
    }),
    BulkPublish: unary((request: BulkPublishRequest, call) => publishEach(instances.of(call).publish, request)),
    PullMessages: (call: PullCall) => {
      try {
        servePull(call, instances.of(call.metadata), log);
      } catch (error) {
        call.destroy(asCallError(error));
      }
    },
    Pause: unary(async (_: Empty, call): Promise<Empty> => {
      instances.of(call).pause();
      return {};
    }),
    Resume: unary(async (_: Empty, call): Promise<Empty> => {
      instances.of(call).resume();
      return {};
    }),
    Ping: unary(async (): Promise<Empty> => ({})),
  };
}

/** One entry that fails does not fail the others. */
async function publishEach(
  publish: Publisher['publish'],
  { topic, entries, metadata }: BulkPublishRequest,
): Promise<BulkPublishResponse> {
  const failedEntries: { entryId: string; error: string }[] = [];
  const queue = entries[Symbol.iterator]();
  const publishNext = async (): Promise<void> => {
    for (const { entryId, event, contentType, metadata: own } of queue as Iterable<BulkMessageEntry>) {
      try {
        await publish({ topic, data: event, contentType, metadata: { ...metadata, ...own } });
      } catch (error) {
        failedEntries.push({ entryId, error: reasonOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: BULK_AT_ONCE }, publishNext));
  return { failedEntries };
}

function unary<Request, Response>(handle: (request: Request, call: Metadata) => Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, respond: sendUnaryData<Response>): void => {
    const answered = async () => handle(call.request, call.metadata);
    answered().then(
      (response) => respond(null, response),
      (error: unknown) => respond(asCallError(error)),
    );
  };
}
