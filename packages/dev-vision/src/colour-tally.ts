/**
 * Counts exact colours: an open hash table instead of a Map, which took most of the time spent on a picture.
 *
 * I1 At least half of the slots stay free, however many of the pixels differ.
 */
export class ColourTally {
  private readonly keys: Int32Array;
  private readonly counts: Uint32Array;
  private readonly mask: number;

  constructor(pixels: number) {
    const slots = 2 ** Math.ceil(Math.log2(pixels * 2 + 2)); // I1
    this.keys = new Int32Array(slots).fill(-1);
    this.counts = new Uint32Array(slots);
    this.mask = slots - 1;
  }

  /** `key` is not negative. */
  add(key: number): void {
    let slot = (Math.imul(key, 0x9e3779b1) >>> 12) & this.mask;
    while (this.keys[slot] !== key && this.keys[slot] !== -1) slot = (slot + 1) & this.mask;
    this.keys[slot] = key;
    this.counts[slot] = (this.counts[slot] ?? 0) + 1;
  }

  /** Pixels of the `most` most frequent colours. */
  covered(most: number): number {
    const largest = new Uint32Array(most); // ascending
    for (const count of this.counts) {
      if (count <= (largest[0] ?? 0)) continue;
      largest[0] = count;
      largest.sort();
    }
    return largest.reduce((sum, count) => sum + count, 0);
  }
}
