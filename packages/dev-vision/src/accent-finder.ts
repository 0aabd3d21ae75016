/**
 * Finds the most vivid colour that covers enough to be seen: colours grouped by the upper four bits of each channel,
 * scored by saturation x value x sqrt(share).
 */
const GROUPS = 16 ** 3;

export class AccentFinder {
  private readonly counts = new Uint32Array(GROUPS);
  /** Red, green and blue of each group. */
  private readonly sums = new Uint32Array(GROUPS * 3);

  add(red: number, green: number, blue: number): void {
    const group = ((red >> 4) << 8) | (green & 0xf0) | (blue >> 4);
    this.counts[group] = (this.counts[group] ?? 0) + 1;
    const at = group * 3;
    this.sums[at] = (this.sums[at] ?? 0) + red;
    this.sums[at + 1] = (this.sums[at + 1] ?? 0) + green;
    this.sums[at + 2] = (this.sums[at + 2] ?? 0) + blue;
  }

  /** `RRGGBB` of the mean of the best group. */
  best(): string {
    let bestScore = -1;
    let best: readonly number[] = [0, 0, 0];
    for (let group = 0; group < GROUPS; group += 1) {
      const count = this.counts[group] ?? 0;
      if (count === 0) continue;
      const mean = [0, 1, 2].map((channel) => (this.sums[group * 3 + channel] ?? 0) / count);
      const score = (Math.max(...mean) - Math.min(...mean)) * Math.sqrt(count); // chroma = saturation x value
      if (score > bestScore) {
        bestScore = score;
        best = mean;
      }
    }
    return best
      .map((channel) => Math.round(channel).toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase();
  }
}
