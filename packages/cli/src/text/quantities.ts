/** Numbers as people read them. One format everywhere, whatever the locale: scripts read text too. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

/** `45s`, `2m10s`, `3h05m`, `2d04h` */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `0.81 USD`; small amounts keep enough digits to be more than zero. */
export function money(amount: number, currency: string): string {
  const text = amount === 0 || amount >= 0.01 ? amount.toFixed(2) : amount.toPrecision(2);
  return `${Number(text) < 1e-6 ? amount.toFixed(2) : text.includes('e') ? amount.toFixed(6) : text} ${currency}`;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

export function bytes(value: number): string {
  let left = value;
  let unit = 0;
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1000;
    unit++;
  }
  return `${unit === 0 ? left : left.toFixed(left < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/** 0..1; never 100 % before all is done. */
export function percent(part: number, all: number): string {
  return all === 0 ? '100%' : `${Math.floor((part / all) * 100)}%`;
}

/** `2026-01-02 03:04:05Z` */
export function time(rfc3339: string): string {
  return rfc3339.replace('T', ' ').replace(/\.\d+/, '');
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90`, `90s`, `30m`, `24h`, `7d` in milliseconds; undefined when it is none of them. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = 's'] = DURATION.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
