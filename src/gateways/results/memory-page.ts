import { AppError } from '../../domain/errors';
import type { Page, PageRequest } from '../../domain/page';

/** A page of a sorted list, for the memory fakes: the continuation is the offset, made opaque. */
export function memoryPage<T>(sorted: readonly T[], { size, continuation }: PageRequest): Page<T> {
  const from = continuation === undefined ? 0 : decode(continuation);
  const value = sorted.slice(from, from + size);
  const next = from + value.length;
  return { value, ...(next < sorted.length && { continuation: Buffer.from(String(next)).toString('base64url') }) };
}

function decode(continuation: string): number {
  const text = Buffer.from(continuation, 'base64url').toString();
  if (/^\d+$/.test(text)) return Number(text);
  throw new AppError('invalid-request', 'The continuation is not from this list.');
}
