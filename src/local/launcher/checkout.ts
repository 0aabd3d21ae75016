import { resolve } from 'node:path';

/** The folder of the checkout. This file lies as deep in `src` as in `dist`, so both give the same answer. */
export const CHECKOUT = resolve(__dirname, '..', '..', '..');

/** What runs: compiled files, also when the launcher itself is run from source by the tests. */
export const COMPILED = resolve(CHECKOUT, 'dist');
