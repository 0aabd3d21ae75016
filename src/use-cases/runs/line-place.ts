import { AppError } from '../../domain/errors';

/** Where a list of images or steps goes on: page, chunk and line, each counted from 0. */
export interface Place {
  readonly page: number;
  readonly chunk: number;
  readonly line: number;
}

export function continuationOf({ page, chunk, line }: Place): string {
  return `${page}.${chunk}.${line}`;
}

/** The beginning where there is no continuation. @throws AppError invalid-request */
export function placeOf(continuation: string | undefined): Place {
  if (continuation === undefined) return { page: 0, chunk: 0, line: 0 };
  const match = /^(\d{1,9})\.(\d{1,4})\.(\d{1,9})$/.exec(continuation);
  if (!match) throw new AppError('invalid-request', 'The continuation is not from this list.');
  return { page: Number(match[1]), chunk: Number(match[2]), line: Number(match[3]) };
}
