import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';

/**
 * Sends text as it comes.
 *
 * I1 What is written waits for the reader: one piece in hand, whatever the length of the whole.
 * I2 A failure before the first piece is still a problem document; a later one cuts the connection, so that half an
 *    answer never looks whole.
 * I3 A reader who leaves ends the reading of the source, too.
 */
export async function sendStream(req: Request, res: Response, pieces: AsyncIterable<string>): Promise<void> {
  const source = pieces[Symbol.asyncIterator]();
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  const first = await source.next(); // I2
  try {
    await pipeline(Readable.from(rest(first, source), { highWaterMark: 1 }), res); // I1
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error; // I3
  }
}

async function* rest(first: IteratorResult<string>, source: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await source.next()) {
      if (next.value !== '') yield next.value;
    }
  } finally {
    await source.return?.();
  }
}
