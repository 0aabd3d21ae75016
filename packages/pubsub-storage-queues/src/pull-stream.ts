/**
 * One `PullMessages` stream: its first message names the topic, the others answer deliveries.
 *
 * I1 Storage that does not answer never ends the stream: daprd 1.18 does not open it again ("TODO reconnect on error" in
 *    pkg/components/pubsub/pluggable.go), and its app would hear nothing more until a restart.
 * I2 When the stream ends, for whatever reason, what it held goes back to the queue.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Component, Subscriber } from './component';
import { asCallError } from './instances';
import type { PullMessagesRequest, PullMessagesResponse } from './proto/messages';
import { reasonOf } from './storage-errors';
import type { Delivery } from './pending-delivery';

export type PullCall = ServerDuplexStream<PullMessagesRequest, PullMessagesResponse>;

const RETRY_MS = 1_000;

export function servePull(call: PullCall, component: Component, log: Logger): void {
  const ended = new AbortController();
  let subscription: Promise<Subscriber | undefined> | undefined;

  function begin(topic: string): void {
    subscription = subscribed(component, topic, (delivery) => call.write(responseOf(delivery)), ended.signal, log);
    subscription.catch((error: unknown) => call.destroy(asCallError(error)));
  }

  async function answer({ ackMessageId, ackError }: PullMessagesRequest): Promise<void> {
    const refusal = ackError ? ackError.message || 'refused without a reason' : undefined;
    (await subscription)?.answer(ackMessageId, refusal);
  }

  async function end(): Promise<void> {
    if (ended.signal.aborted) return;
    ended.abort();
    await (await subscription)?.close(); // I2
    call.end();
  }

  const tolerate = (work: Promise<void>): void => {
    work.catch((error: unknown) => log.warn({ event: 'pubsub.stream_failed', reason: reasonOf(error) }));
  };
  call.on('data', (request: PullMessagesRequest) => {
    if (subscription === undefined) begin(request.topic?.name ?? '');
    else tolerate(answer(request));
  });
  for (const event of ['end', 'cancelled', 'error', 'close']) call.on(event, () => tolerate(end()));
}

/** Undefined when the stream ended first. @throws RangeError for a topic that cannot be subscribed. */
async function subscribed(
  component: Component,
  topic: string,
  deliver: (delivery: Delivery) => void,
  ended: AbortSignal,
  log: Logger,
): Promise<Subscriber | undefined> {
  while (!ended.aborted) {
    try {
      return await component.subscribe(topic, deliver);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      log.warn({ event: 'pubsub.subscribe_failed', topic, reason: reasonOf(error) }); // I1
      await sleep(RETRY_MS, undefined, { signal: ended }).catch(() => undefined);
    }
  }
  return undefined;
}

function responseOf({ id, label, data }: Delivery): PullMessagesResponse {
  return { id, data, topicName: label.topic, contentType: label.contentType, metadata: label.metadata };
}
