/**
 * Many share, or one has it alone. Who waits to be alone is not passed by those who come later to share.
 */
export class ReadWriteLock {
  private sharing = 0;
  private alone = false;
  private readonly queue: { readonly alone: boolean; readonly enter: () => void }[] = [];

  /** Resolves inside, with the function that leaves. */
  enter(alone: boolean): Promise<() => void> {
    return new Promise((resolve) => {
      const enter = () => {
        if (alone) this.alone = true;
        else this.sharing += 1;
        resolve(() => {
          if (alone) this.alone = false;
          else this.sharing -= 1;
          this.admit();
        });
      };
      this.queue.push({ alone, enter });
      this.admit();
    });
  }

  private admit(): void {
    for (let next = this.queue[0]; next; next = this.queue[0]) {
      if (this.alone || (next.alone && this.sharing > 0)) return;
      this.queue.shift();
      next.enter();
    }
  }
}
