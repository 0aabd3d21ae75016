/** Work on the same key runs one after another, in the order it came; work on other keys is not held up. */
export class KeyedMutex {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    const tail: Promise<void> = result.then(
      () => this.forget(key, tail),
      () => this.forget(key, tail),
    );
    this.tails.set(key, tail);
    return result;
  }

  /** Resolves when it is this one's turn, with the function that ends the turn. */
  enter(key: string): Promise<() => void> {
    return new Promise((resolve) => void this.run(key, () => new Promise<void>((leave) => resolve(leave))));
  }

  private forget(key: string, tail: Promise<unknown>): void {
    if (this.tails.get(key) === tail) this.tails.delete(key);
  }
}
