/**
 * What prepares a place for the product, for the programs around it: its settings, its database, and the names of what it
 * keeps. The launcher and the benchmarks import this and nothing else of `src`.
 */
export { type Config, ConfigError, type ConfigProblem, readConfig } from './config';
export { throughputOf } from './config/cosmos';
export { Reader } from './config/reader';
export { readStorageAccount } from './config/storage';
export { parseRate } from './domain/quota/quota';
export { AppError } from './domain/errors';
export { createAzureBlobs } from './gateways/blobs/azure-blobs';
export { ensureCosmosSchema } from './gateways/cosmos/schema';
export { COSMOS, SYSTEM_BLOB_CONTAINERS } from './names';
