/**
 * The two .proto files of this folder as an object, so that the compiled program needs no file beside it. They are copied from
 * dapr/proto/components/v1 of github.com/dapr/dapr v1.18.2 (Apache-2.0); a unit test compares them with this.
 */
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';

const TYPES = {
  MetadataRequest: { fields: { properties: { keyType: 'string', type: 'string', id: 1 } } },
  FeaturesRequest: { fields: {} },
  FeaturesResponse: { fields: { features: { rule: 'repeated', type: 'string', id: 1 } } },
  PingRequest: { fields: {} },
  PingResponse: { fields: {} },
  PubSub: {
    methods: {
      Init: { requestType: 'PubSubInitRequest', responseType: 'PubSubInitResponse' },
      Features: { requestType: 'FeaturesRequest', responseType: 'FeaturesResponse' },
      Publish: { requestType: 'PublishRequest', responseType: 'PublishResponse' },
      BulkPublish: { requestType: 'BulkPublishRequest', responseType: 'BulkPublishResponse' },
      PullMessages: {
        requestType: 'PullMessagesRequest',
        requestStream: true,
        responseType: 'PullMessagesResponse',
        responseStream: true,
      },
      Pause: { requestType: 'PauseRequest', responseType: 'PauseResponse' },
      Resume: { requestType: 'ResumeRequest', responseType: 'ResumeResponse' },
      Ping: { requestType: 'PingRequest', responseType: 'PingResponse' },
    },
  },
  AckMessageError: { fields: { message: { type: 'string', id: 1 } } },
  PullMessagesRequest: {
    fields: {
      topic: { type: 'Topic', id: 1 },
      ackMessageId: { type: 'string', id: 2 },
      ackError: { type: 'AckMessageError', id: 3 },
    },
  },
  PubSubInitRequest: { fields: { metadata: { type: 'MetadataRequest', id: 1 } } },
  PubSubInitResponse: { fields: {} },
  PublishRequest: {
    fields: {
      data: { type: 'bytes', id: 1 },
      pubsubName: { type: 'string', id: 2 },
      topic: { type: 'string', id: 3 },
      metadata: { keyType: 'string', type: 'string', id: 4 },
      contentType: { type: 'string', id: 5 },
    },
  },
  BulkPublishRequest: {
    fields: {
      entries: { rule: 'repeated', type: 'BulkMessageEntry', id: 1 },
      pubsubName: { type: 'string', id: 2 },
      topic: { type: 'string', id: 3 },
      metadata: { keyType: 'string', type: 'string', id: 4 },
    },
  },
  BulkMessageEntry: {
    fields: {
      entryId: { type: 'string', id: 1 },
      event: { type: 'bytes', id: 2 },
      contentType: { type: 'string', id: 3 },
      metadata: { keyType: 'string', type: 'string', id: 4 },
    },
  },
  BulkPublishResponse: {
    fields: { failedEntries: { rule: 'repeated', type: 'BulkPublishResponseFailedEntry', id: 1 } },
  },
  BulkPublishResponseFailedEntry: { fields: { entryId: { type: 'string', id: 1 }, error: { type: 'string', id: 2 } } },
  PublishResponse: { fields: {} },
  Topic: { fields: { name: { type: 'string', id: 1 }, metadata: { keyType: 'string', type: 'string', id: 2 } } },
  PullMessagesResponse: {
    fields: {
      data: { type: 'bytes', id: 1 },
      topicName: { type: 'string', id: 2 },
      metadata: { keyType: 'string', type: 'string', id: 3 },
      contentType: { type: 'string', id: 4 },
      id: { type: 'string', id: 5 },
    },
  },
  PauseRequest: { fields: {} },
  PauseResponse: { fields: {} },
  ResumeRequest: { fields: {} },
  ResumeResponse: { fields: {} },
};

const inPackage = (words: readonly string[], nested: object): object =>
  words.reduceRight<object>((inner, word) => ({ nested: { [word]: inner } }), { nested });

export const PUBSUB_SERVICE = 'dapr.proto.components.v1.PubSub';

export function pubSubPackage(): PackageDefinition {
  return fromJSON(inPackage(['dapr', 'proto', 'components', 'v1'], TYPES), { defaults: true });
}
