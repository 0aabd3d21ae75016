/** The launcher as a library: whole stacks for benchmarks and tests, and what else runs programs for them. */
export { CHECKOUT } from './checkout';
export type { Endpoints } from './endpoints';
export { type GoRun, go, goEnvironment } from './go-tool';
export type { VisionPace } from './parts';
export { pause, until } from './pause';
export { asFileProblem, errorCode, Problem } from './problem';
export { commandOf, isAlive } from './process-table';
export { chunksOf, type Replica, startReplica } from './replica';
export { acquireRuntime } from './runtime/acquire';
export { claimCache, removeTree } from './runtime/cache';
export { MODULE_VERSION as DAPR_MODULE_VERSION } from './runtime/dapr-version';
export { azuriteConnectionString, problemsOfLauncher, withoutServices } from './settings';
export { type Stack, type StackOptions, startStack } from './stack';
