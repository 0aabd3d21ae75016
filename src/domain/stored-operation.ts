import type { KnownOperations, Operation } from './operation';
import { storedShapes } from './stored';

export const STORED_OPERATION = storedShapes<Operation>('The record of this operation', [
  (stored: Operation) => stored,
]);

export const STORED_OPERATIONS = storedShapes<KnownOperations>('The list of operations of this container', [
  (stored: KnownOperations) => stored,
]);
