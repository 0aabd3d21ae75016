/**
 * The memory that decoding may hold at once, over all requests. Who does not fit waits for its turn, first come, first
 * served: a queue costs seconds, and memory that is not there ends the process.
 *
 * I1 What was taken is given back, whatever becomes of the work.
 * I2 Nobody overtakes: a large picture is not starved by small ones.
 */
export class DecodeBudget {
  private free: number;
  private readonly waiting: { readonly bytes: number; readonly start: () => void }[] = [];

  constructor(readonly totalBytes: number) {
    this.free = totalBytes;
  }

  /** @throws RangeError when the work needs more than there is in all: it would wait for ever. */
  async within<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (bytes > this.totalBytes) throw new RangeError(`${bytes} bytes are more than the budget of ${this.totalBytes}`);
    await this.take(bytes);
    try {
      return await work();
    } finally {
      this.free += bytes; // I1
      this.startNext();
    }
  }

  private take(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ bytes, start: resolve });
      this.startNext();
    });
  }

  private startNext(): void {
    for (let [next] = this.waiting; next !== undefined && next.bytes <= this.free; [next] = this.waiting) {
      this.waiting.shift();
      this.free -= next.bytes;
      next.start();
    }
  }
}
