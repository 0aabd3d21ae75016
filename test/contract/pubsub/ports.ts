import { createPortBook } from '../../../packages/dev-stack/src/ports';

const book = createPortBook({ everywhereFree: true });

/** A port of loopback that nothing listens on, given once per test process. */
export const freePort = (): Promise<number> => book.any();
