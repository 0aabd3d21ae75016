import type { Stream, CliContext } from '../../../packages/cli/src/cli-context';

export interface Screen extends Stream {
  text(): string;
}

/** A stream that remembers. */
export function aScreen(facts: { readonly isTTY?: boolean; readonly columns?: number } = {}): Screen {
  const written: string[] = [];
  return {
    ...facts,
    write(text) {
      written.push(typeof text === 'string' ? text : Buffer.from(text).toString());
      return true;
    },
    once: () => undefined,
    text: () => written.join(''),
  };
}

export interface FakeContext extends CliContext {
  readonly stdout: Screen;
  readonly stderr: Screen;
  interrupt(): void;
}

/** Time passes only by sleeping. */
export function aContext(
  changes: Partial<Pick<CliContext, 'env' | 'platform'>> & {
    readonly screen?: { readonly isTTY: boolean; readonly columns: number };
  } = {},
): FakeContext {
  const interruption = new AbortController();
  let now = Date.parse('2026-01-02T03:05:00Z');
  return {
    env: changes.env ?? {},
    platform: changes.platform ?? 'linux',
    user: 'tester',
    stdout: aScreen(changes.screen),
    stderr: aScreen(changes.screen),
    interrupted: interruption.signal,
    interrupt: () => interruption.abort(),
    now: () => now,
    async sleep(ms) {
      now += ms;
      // Real events, such as those of a socket, go on meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
