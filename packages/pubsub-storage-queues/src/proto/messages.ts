/** The messages of pubsub.proto as proto-loader hands them over (camel case, defaults filled in). */
export type Properties = Readonly<Record<string, string>>;

export interface InitRequest {
  readonly metadata: { readonly properties: Properties } | null;
}

export interface PublishRequest {
  readonly data: Buffer;
  readonly topic: string;
  readonly metadata: Properties;
  readonly contentType: string;
}

export interface BulkPublishRequest {
  readonly entries: readonly BulkMessageEntry[];
  readonly topic: string;
  readonly metadata: Properties;
}

export interface BulkMessageEntry {
  readonly entryId: string;
  readonly event: Buffer;
  readonly contentType: string;
  readonly metadata: Properties;
}

export interface BulkPublishResponse {
  readonly failedEntries: readonly { readonly entryId: string; readonly error: string }[];
}

/** The first of a stream carries the topic, each later one an answer to a message. */
export interface PullMessagesRequest {
  readonly topic: { readonly name: string; readonly metadata: Properties } | null;
  readonly ackMessageId: string;
  readonly ackError: { readonly message: string } | null;
}

export interface PullMessagesResponse {
  readonly data: Buffer;
  readonly topicName: string;
  readonly metadata: Properties;
  readonly contentType: string;
  readonly id: string;
}

export type Empty = Record<string, never>;
