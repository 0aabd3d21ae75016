import type { Page } from 'contactsheet/contract';
import { Interrupted } from './failure';
import { type Colors, type ColorWhen, colorsFor } from './text/colors';
import { type Column, createTable, printable, type Table, widthOf } from '@contactsheet/terminal';
import type { Stream, CliContext } from './cli-context';

/**
 * Data to standard output, words about it to standard error.
 *
 * I1 `json` and `jsonl` carry what the API said, unchanged.
 * I2 Text is printable: what stands in it of others has no control characters.
 * I3 Lists are written as they come: memory holds one page.
 * I4 On a terminal text is as wide as that: what there is no room for is named, and `wide` shows it.
 */
export const FORMATS = ['text', 'wide', 'json', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** How to see the columns that a table left out. I4 */
export const MORE = '-o wide shows all';

export interface ListView<T> {
  readonly columns: readonly Column[];
  row(item: T): readonly string[];
  /** What stands there when there is nothing. */
  readonly empty: string;
}

export interface Output {
  /** `wide` is text without a width. */
  readonly format: Exclude<Format, 'wide'>;
  readonly colors: Colors;
  /** Of the terminal; undefined where nothing is cut. */
  readonly width: number | undefined;
  /** One answer: as it is, or as lines of text. Lines come printable, colours excepted. */
  value(value: unknown, lines: () => readonly string[]): Promise<void>;
  list<T>(pages: AsyncIterable<Page<T>>, view: ListView<T>, limit?: number): Promise<void>;
  bytes(chunk: Uint8Array): Promise<void>;
  /** To standard error, unless quiet. */
  note(text: string): void;
}

export interface OutputOptions {
  readonly format: Format;
  readonly isQuiet: boolean;
  readonly color: ColorWhen;
}

export function createOutput(context: CliContext, { format: asked, isQuiet, color }: OutputOptions): Output {
  const { stdout, stderr, env } = context;
  const format = asked === 'wide' ? 'text' : asked;
  const width = asked === 'wide' ? undefined : widthOf(stdout);
  const write = (text: string | Uint8Array) => writeAll(stdout, text);
  const note = (text: string) => {
    if (!isQuiet) stderr.write(`${printable(text)}\n`);
  };
  const listAs = { text: listText, json: listJson, jsonl: listLines };

  return {
    format,
    colors: colorsFor(stdout, env, color),
    width,
    value(value, lines) {
      if (format === 'text') return write(lines().map(lineOf).join(''));
      return write(`${format === 'json' ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`);
    },
    async list(pages, view, limit = Number.POSITIVE_INFINITY) {
      const isCut = await listAs[format](limited(pages, limit), view, { write, note, width });
      if (isCut) note(`Only the first ${limit} are shown; --all shows the rest.`);
      if (context.interrupted.aborted) throw new Interrupted();
    },
    bytes: write,
    note,
  };
}

interface Sink {
  write(text: string): Promise<void>;
  note(text: string): void;
  readonly width: number | undefined;
}

type LimitedPages<T> = AsyncGenerator<readonly T[], boolean>;

async function listText<T>(pages: LimitedPages<T>, view: ListView<T>, { write, note, width }: Sink): Promise<boolean> {
  let table: Table | undefined;
  const isCut = await each(pages, async (items) => {
    const rows = items.map((item) => view.row(item));
    if (table === undefined && rows.length === 0) return;
    const isFirst = table === undefined;
    const known = table ?? createTable(view.columns, rows, width);
    table = known;
    await write([...(isFirst ? [known.header()] : []), ...rows.map((row) => known.line(row))].map(lineOf).join(''));
  });
  if (table === undefined) note(view.empty);
  else if (table.leftOut.length > 0) note(`(No room for ${table.leftOut.join(', ')}: ${MORE})`); // I4
  return isCut;
}

async function listJson<T>(pages: LimitedPages<T>, _view: ListView<T>, { write }: Sink): Promise<boolean> {
  let separator = '';
  await write('{\n  "value": [');
  const isCut = await each(pages, async (items) => {
    for (const item of items) {
      await write(`${separator}\n    ${JSON.stringify(item, null, 2).replaceAll('\n', '\n    ')}`);
      separator = ',';
    }
  });
  await write(separator === '' ? ']\n}\n' : '\n  ]\n}\n');
  return isCut;
}

function listLines<T>(pages: LimitedPages<T>, _view: ListView<T>, { write }: Sink): Promise<boolean> {
  return each(pages, (items) => write(items.map((item) => lineOf(JSON.stringify(item))).join('')));
}

/** Returns what the pages return: whether there was more. */
async function each<T>(pages: LimitedPages<T>, take: (items: readonly T[]) => Promise<void>): Promise<boolean> {
  for (;;) {
    const page = await pages.next();
    if (page.done) return page.value;
    await take(page.value);
  }
}

async function* limited<T>(pages: AsyncIterable<Page<T>>, limit: number): LimitedPages<T> {
  let left = limit;
  for await (const { value, nextLink } of pages) {
    yield value.slice(0, left);
    left -= value.length;
    if (left < 0 || (left === 0 && nextLink !== undefined)) return true;
  }
  return false;
}

function lineOf(text: string): string {
  return `${text}\n`;
}

/** Waits for a reader that is behind, so that a long list does not pile up in memory. */
function writeAll(stream: Stream, text: string | Uint8Array): Promise<void> {
  if (text.length === 0 || stream.write(text)) return Promise.resolve();
  return new Promise((resolve) => stream.once('drain', resolve));
}

/** A list that came whole, as pages. */
export async function* onePage<T>(value: readonly T[]): AsyncGenerator<Page<T>> {
  yield { value };
}
