import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerationRecord, HistoryEvent } from './harness';
import { decodeEvent, encodeEvent, textOf } from './harness';

/** A history as it lies beside the tests: a line for people and the event for the SDK. */
export interface RecordedHistory {
  readonly workflow: string;
  readonly instanceId: string;
  /** `harness`, or the release of Dapr whose engine wrote it. */
  readonly recordedBy: string;
  readonly generations: readonly {
    readonly events: readonly { readonly text: string; readonly event: string }[];
    readonly continued?: unknown;
  }[];
}

const FOLDER = join(__dirname, 'histories');

export function recordedHistories(): readonly string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort();
}

export function readHistory(file: string): RecordedHistory {
  return JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as RecordedHistory;
}

export function writeHistory(
  file: string,
  workflow: string,
  instanceId: string,
  generations: readonly GenerationRecord[],
): void {
  const history: RecordedHistory = {
    workflow,
    instanceId,
    recordedBy: 'harness',
    generations: generations.map(({ events, continued }) => ({
      events: events.map((event) => ({ text: textOf(event), event: encodeEvent(event) })),
      ...(continued === undefined ? {} : { continued }),
    })),
  };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, file), `${JSON.stringify(history, null, 1)}\n`);
}

export function eventsOf(history: RecordedHistory, generation: number): readonly HistoryEvent[] {
  return (history.generations[generation]?.events ?? []).map(({ event }) => decodeEvent(event));
}
