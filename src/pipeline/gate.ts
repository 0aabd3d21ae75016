/**
 * How much one process holds in its hands at once: images and their bytes, whatever the number of chunks and runs (I7 of
 * the design). First come, first served.
 *
 * I1 Never more than `maxItems` items, and never more than `maxBytes` unless a single item is larger by itself.
 */
export class Gate {
  private items = 0;
  private bytes = 0;
  private readonly queue: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(private readonly limits: { readonly maxItems: number; readonly maxBytes: number }) {}

  get inside(): number {
    return this.items;
  }

  /** Resolves inside, with the function that leaves; leaving twice is harmless. */
  enter(bytes: number): Promise<() => void> {
    return new Promise((resolve) => {
      const enter = () => {
        this.items += 1;
        this.bytes += bytes;
        let left = false;
        resolve(() => {
          if (left) return;
          left = true;
          this.items -= 1;
          this.bytes -= bytes;
          this.admit();
        });
      };
      this.queue.push({ bytes, enter });
      this.admit();
    });
  }

  private admit(): void {
    for (let next = this.queue[0]; next && this.fits(next.bytes); next = this.queue[0]) {
      this.queue.shift();
      next.enter();
    }
  }

  private fits(bytes: number): boolean {
    if (this.items === 0) return true;
    return this.items < this.limits.maxItems && this.bytes + bytes <= this.limits.maxBytes;
  }
}
