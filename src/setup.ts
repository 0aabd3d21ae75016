/**
 * What prepares a place for the product, for the programs around it: its settings, its database, and the names of what it
 * keeps. The launcher and the benchmarks import this and nothing else of `src`.
 */
export { type Config, ConfigError, readConfig } from './config';
export { ensureCosmosSchema } from './gateways/cosmos/schema';
export { parseRate } from './domain/quota/quota';
export { COSMOS, SYSTEM_BLOB_CONTAINERS } from './names';
