/** Who this is: goes with every answer, so that no result of it is taken for one of Azure. */
export const PROVIDER = 'local-pixels';
/** Raised when the same pixels would be described in other words than before. */
export const ALGORITHM = '1';
export const PROVIDER_HEADERS = { 'x-contactsheet-provider': `${PROVIDER}.${ALGORITHM}` } as const;
