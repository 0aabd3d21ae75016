/** The releases of Dapr that this application is tested with. */
export const RANGE = { atLeast: '1.18.2', below: '1.19.0' } as const;
export const RANGE_IN_WORDS = '1.18.2 or newer, below 1.19';

/** Of the official archives. */
export const RELEASE = '1.18.3';
/** Of the Go module: the newest whose own modules can all be had as modules. */
export const MODULE_VERSION = '1.18.2';

type Version = readonly [major: number, minor: number, patch: number];

/** `1.18.2` or `v1.18.2`. Anything else (`edge`, a release candidate) is no release and gives undefined. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text.trim());
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

export function isInRange(text: string): boolean {
  const version = parseVersion(text);
  const lowest = parseVersion(RANGE.atLeast);
  const end = parseVersion(RANGE.below);
  return !!version && !!lowest && !!end && compare(version, lowest) >= 0 && compare(version, end) < 0;
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
