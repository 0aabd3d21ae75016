import pino, { type Logger } from 'pino';

/** One JSON object a line on standard output. Objects first, one event name a line; secrets are wrapped (config.ts). */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: ['*.key', '*.token', '*.connectionString', 'headers.authorization'], censor: '[secret]' },
  });
}
