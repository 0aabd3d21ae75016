import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** What the command line touches besides the API: tests hand in their own. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** False when the reader is behind; `once('drain')` then tells when to go on. */
  write(text: string | Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** Whose process this is; undefined where the system has no name for it. */
  readonly user?: string | undefined;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Aborted by the first Ctrl-C; the second one ends the process. */
  readonly interrupted: AbortSignal;
  now(): number;
  /** Returns early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export function processContext(interrupted: AbortSignal): CliContext {
  const { env, platform, stdout, stderr } = process;
  return {
    env,
    platform,
    user: systemUser(),
    stdout,
    stderr,
    interrupted,
    now: Date.now,
    sleep: (ms, signal) => delay(ms, undefined, signal && { signal }).catch(() => undefined),
  };
}

function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // a container may run under a number that no table names
  }
}
