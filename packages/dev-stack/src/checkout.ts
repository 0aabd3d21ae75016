import { join, resolve } from 'node:path';

/** The folder of the checkout. This file lies as deep in `src` as in `dist`, so both give the same answer. */
export const CHECKOUT = resolve(__dirname, '..', '..', '..');

/** A compiled file of a package: what runs, also when the launcher itself is run from source by the tests. */
export function compiled(name: string, file = 'main.js'): string {
  return join(CHECKOUT, 'packages', name, 'dist', file);
}
