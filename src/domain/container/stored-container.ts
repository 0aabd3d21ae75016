import { storedShapes } from '../stored';
import type { ContainerEntry } from './container-entry';
import type { ContainerHead } from './container-state';

/** What is stored of a container. The version of the head is that of all parts of its actor's state. */

export const STORED_CONTAINER = storedShapes<ContainerHead>('The state of this container', [
  (stored: ContainerHead) => stored,
]);

export const STORED_ENTRY = storedShapes<ContainerEntry>('The entry of this container', [
  (stored: ContainerEntry) => stored,
]);
