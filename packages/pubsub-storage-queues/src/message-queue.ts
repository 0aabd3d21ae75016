/** What we need of a queue, in our words. `azure-queue.ts` is the service; the unit tests bring one in memory. */
export interface MessageQueue {
  readonly name: string;
  /** Creates the queue when it is missing. */
  ensure(): Promise<void>;
  /** Creates the queue when it is missing. @param ttlMs undefined: for ever. */
  put(text: string, ttlMs: number | undefined): Promise<void>;
  /** Takes up to `count` messages and hides them from others. @throws when the queue is missing or does not answer. */
  receive(count: number, visibilityMs: number): Promise<ReceivedMessage[]>;
  /** Hides a message for so long from now; 0 shows it at once. Returns the new receipt. @throws MessageLost */
  hide(message: Receipt, visibilityMs: number): Promise<string>;
  /** @throws MessageLost */
  remove(message: Receipt): Promise<void>;
  /** About how many messages there are, hidden ones too; 0 for a queue that does not exist. */
  count(): Promise<number>;
  /** Deletes the queue with all its messages. */
  drop(): Promise<void>;
}

export interface Receipt {
  readonly messageId: string;
  readonly popReceipt: string;
}

export interface ReceivedMessage extends Receipt {
  readonly text: string;
  /** This one included. */
  readonly deliveries: number;
}

/** The message is gone, or its visibility ended and another reader holds it. */
export class MessageLost extends Error {
  override readonly name = 'MessageLost';
}

/** Where the bytes of large events lie. */
export interface ClaimStore {
  put(blob: string, data: Buffer): Promise<void>;
  /** Undefined when the blob is gone. */
  get(blob: string): Promise<Buffer | undefined>;
  remove(blob: string): Promise<void>;
}
