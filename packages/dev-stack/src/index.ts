/** The launcher as a library: whole stacks for benchmarks and tests. */
export type { Endpoints } from './endpoints';
export type { VisionPace } from './parts';
export { chunksOf, type Replica, startReplica } from './replica';
export { acquireRuntime } from './runtime/acquire';
export { azuriteConnectionString, problemsOfLauncher, withoutServices } from './settings';
export { type Stack, type StackOptions, startStack } from './stack';
