import pino from 'pino';
import { type Envelope, unseal } from '../../../packages/pubsub-storage-queues/src/envelope';
import { createMailbox, type Mailbox } from '../../../packages/pubsub-storage-queues/src/mailbox';
import type { ClaimStore } from '../../../packages/pubsub-storage-queues/src/message-queue';
import type { Delivery } from '../../../packages/pubsub-storage-queues/src/pending-delivery';
import { backoffMs } from '../../../packages/pubsub-storage-queues/src/settlement';
import { Subscription } from '../../../packages/pubsub-storage-queues/src/subscription';
import { createWake } from '../../../packages/pubsub-storage-queues/src/wake';
import { createMemoryQueue, type MemoryQueue } from './memory-queue';

const SETTINGS = {
  pollingIntervalMs: 1_000,
  visibilityTimeoutMs: 30_000,
  maxDeliveryCount: 3,
  prefetch: 4,
  maxBackoffMs: 60_000,
};

const envelope = (text: string): Envelope => ({
  label: { id: 'id', topic: 't', contentType: 'text/plain', metadata: {}, publishedAt: '' },
  data: Buffer.from(text),
});

describe('a subscription', () => {
  let queue: MemoryQueue;
  let poisonQueue: MemoryQueue;
  let blobs: Map<string, Buffer>;
  let mailbox: Mailbox;
  let delivered: Delivery[];
  let subscription: Subscription;

  beforeEach(() => {
    jest.useFakeTimers();
    queue = createMemoryQueue('q');
    poisonQueue = createMemoryQueue('q-poison');
    blobs = new Map();
    delivered = [];
    const claims: ClaimStore = {
      put: async (blob, data) => void blobs.set(blob, data),
      get: async (blob) => blobs.get(blob),
      remove: async (blob) => void blobs.delete(blob),
    };
    mailbox = createMailbox(queue, claims);
    subscription = new Subscription({
      topic: 't',
      mailbox,
      poison: createMailbox(poisonQueue, claims),
      settings: SETTINGS,
      wake: createWake(),
      log: pino({ level: 'silent' }),
      deliver: (delivery) => delivered.push(delivery),
    });
  });

  afterEach(async () => {
    const closed = subscription.close();
    await jest.advanceTimersByTimeAsync(10);
    await closed;
    jest.useRealTimers();
  });

  const texts = () => delivered.map(({ data }) => data.toString());
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const answer = async (refusal?: string): Promise<void> => {
    subscription.answer(delivered.at(-1)?.id ?? '', refusal);
    await pass(0);
  };

  test('hands out one at a time and removes what was handled', async () => {
    for (const text of ['a', 'b']) await mailbox.put(envelope(text), undefined);
    await pass(1_000);
    expect(texts()).toEqual(['a']);
    await answer();
    expect(texts()).toEqual(['a', 'b']);
    expect(queue.kept).toHaveLength(1);
    await answer();
    expect(queue.kept).toHaveLength(0);
  });

  test('keeps a message hidden however long its handler takes, and those behind it', async () => {
    for (const text of ['slow', 'behind']) await mailbox.put(envelope(text), undefined);
    await pass(1_000);
    await pass(10 * SETTINGS.visibilityTimeoutMs);
    expect(queue.kept.every(({ visibleAt }) => visibleAt > Date.now())).toBe(true);
    expect(texts()).toEqual(['slow']);
    await answer();
    expect(texts()).toEqual(['slow', 'behind']);
  });

  test('delivers a refused message again after a pause that doubles, then parks it with the reason', async () => {
    await mailbox.put(envelope('bad'), undefined);
    await pass(1_000);
    await answer('no');
    await pass(900);
    expect(delivered).toHaveLength(1);
    await pass(1_200);
    expect(delivered).toHaveLength(2);
    await answer('still no');
    await pass(1_900);
    expect(delivered).toHaveLength(2);
    await pass(1_200);
    await answer('never');
    await pass(120_000);
    expect(delivered).toHaveLength(3);
    expect(queue.kept).toHaveLength(0);
    const parked = unseal(poisonQueue.kept[0]?.text ?? '');
    expect(parked).toMatchObject({ envelope: { label: { parked: { reason: 'never', deliveries: 3 } } } });
  });

  test('parks unread what was delivered too often without an answer', async () => {
    await mailbox.put(envelope('killer'), undefined);
    for (const each of queue.kept) each.deliveries = SETTINGS.maxDeliveryCount;
    await pass(1_000);
    expect(delivered).toHaveLength(0);
    expect(poisonQueue.kept).toHaveLength(1);
  });

  test('parks what it cannot read, and goes on', async () => {
    await queue.put('not ours', undefined);
    await mailbox.put(envelope('fine'), undefined);
    await pass(1_000);
    expect(texts()).toEqual(['fine']);
    expect(poisonQueue.kept).toHaveLength(1);
  });

  test('removes the shell of an event whose blob is gone: it was handled before', async () => {
    await mailbox.put(envelope('x'.repeat(60_000)), undefined);
    expect(blobs.size).toBe(1);
    blobs.clear();
    await pass(1_000);
    expect(delivered).toHaveLength(0);
    expect(queue.kept).toHaveLength(0);
  });

  test('removes the blob of a large event with it', async () => {
    await mailbox.put(envelope('x'.repeat(60_000)), undefined);
    await pass(1_000);
    expect(delivered[0]?.data.length).toBe(60_000);
    await answer();
    expect(blobs.size).toBe(0);
    expect(queue.kept).toHaveLength(0);
  });

  test('leaves a message alone that another reader took meanwhile', async () => {
    await mailbox.put(envelope('a'), undefined);
    await pass(1_000);
    queue.steal();
    await answer();
    expect(queue.kept).toHaveLength(1);
  });

  test('outlives storage that does not answer', async () => {
    queue.fail(20);
    await pass(120_000);
    await mailbox.put(envelope('late'), undefined);
    await pass(6_000);
    expect(texts()).toEqual(['late']);
  });

  test('gives everything back when it closes, at once', async () => {
    for (const text of ['a', 'b', 'c']) await mailbox.put(envelope(text), undefined);
    await pass(1_000);
    const closed = subscription.close();
    await pass(0);
    await closed;
    expect(queue.kept.map(({ visibleAt }) => visibleAt <= Date.now())).toEqual([true, true, true]);
  });

  test('hands out nothing while paused, and takes the answer to what is out', async () => {
    for (const text of ['a', 'b']) await mailbox.put(envelope(text), undefined);
    await pass(1_000);
    subscription.pause();
    await answer();
    await pass(60_000);
    expect(texts()).toEqual(['a']);
    expect(queue.kept).toHaveLength(1);
    subscription.resume();
    await pass(2_000);
    expect(texts()).toEqual(['a', 'b']);
  });

  test('ignores answers to what it did not ask', async () => {
    await mailbox.put(envelope('a'), undefined);
    await pass(1_000);
    subscription.answer('somebody', undefined);
    await pass(0);
    expect(queue.kept).toHaveLength(1);
  });
});

test('the pause after a refusal doubles up to its limit', () => {
  expect([1, 2, 3, 4, 50].map((deliveries) => backoffMs(deliveries, 5_000))).toEqual([
    1_000, 2_000, 4_000, 5_000, 5_000,
  ]);
});
