/**
 * Bounds the images in hand of one process, and their bytes, for any number of chunks and runs (I7 of the design).
 *
 * I1 Never more than `maxItems` items, and never more than `maxBytes` unless a single item is larger by itself.
 * I2 The next place goes to the run with the fewest images inside; within a run, first come, first served. Otherwise a
 * run that waits for Vision's quota could hold every place and block the others.
 */
export class FairSemaphore {
  private items = 0;
  private bytes = 0;
  private readonly lanes = new Map<string, Lane>();

  constructor(private readonly limits: { readonly maxItems: number; readonly maxBytes: number }) {}

  get inside(): number {
    return this.items;
  }

  /** Resolves inside, with the function that leaves; leaving twice is harmless. */
  enter(runId: string, bytes: number): Promise<() => void> {
    const lane = this.lanes.get(runId) ?? { inside: 0, queue: [] };
    this.lanes.set(runId, lane);
    return new Promise((resolve) => {
      const enter = () => {
        this.count(lane, 1, bytes);
        let left = false;
        resolve(() => {
          if (left) return;
          left = true;
          this.count(lane, -1, -bytes);
          if (lane.inside === 0 && lane.queue.length === 0) this.lanes.delete(runId);
          this.admit();
        });
      };
      lane.queue.push({ bytes, enter });
      this.admit();
    });
  }

  /** What is inside now. */
  get load(): { readonly items: number; readonly bytes: number } {
    return { items: this.items, bytes: this.bytes };
  }

  private count(lane: Lane, items: 1 | -1, bytes: number): void {
    lane.inside += items;
    this.items += items;
    this.bytes += bytes;
  }

  private admit(): void {
    for (let lane = this.next(); lane?.queue[0] && this.fits(lane.queue[0].bytes); lane = this.next()) {
      lane.queue.shift()?.enter();
    }
  }

  /** I2 */
  private next(): Lane | undefined {
    let next: Lane | undefined;
    for (const lane of this.lanes.values()) {
      if (lane.queue.length > 0 && (next === undefined || lane.inside < next.inside)) next = lane;
    }
    return next;
  }

  private fits(bytes: number): boolean {
    if (this.items === 0) return true;
    return this.items < this.limits.maxItems && this.bytes + bytes <= this.limits.maxBytes;
  }
}

/** One run's images, inside and waiting. */
interface Lane {
  inside: number;
  readonly queue: { readonly bytes: number; readonly enter: () => void }[];
}
