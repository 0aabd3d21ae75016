import pico from 'picocolors';
import type { Stream, CliContext } from '../cli-context';

export type Colors = ReturnType<typeof pico.createColors>;
export type ColorWhen = 'auto' | 'always' | 'never';

/** Colours for one stream: off unless it is a terminal that takes them. NO_COLOR counts when it is not empty (no-color.org). */
export function colorsFor(stream: Stream, env: CliContext['env'], when: ColorWhen): Colors {
  return pico.createColors(when === 'always' || (when === 'auto' && wantsColor(stream, env)));
}

function wantsColor(stream: Stream, env: CliContext['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

const STATUS_COLORS: Readonly<Record<string, 'green' | 'yellow' | 'red' | 'cyan'>> = {
  Completed: 'green',
  CompletedWithErrors: 'yellow',
  Failed: 'red',
  Cancelled: 'yellow',
  Running: 'cyan',
  Counting: 'cyan',
  AwaitingApproval: 'yellow',
  StoppedAtBudget: 'yellow',
  ok: 'green',
  failed: 'red',
  succeeded: 'green',
  'not-analysed': 'yellow',
};

export function paintStatus(colors: Colors, status: string, text = status): string {
  const color = STATUS_COLORS[status];
  return color === undefined ? text : colors[color](text);
}
