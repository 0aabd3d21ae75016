import type { KnownOperations } from '../../domain/operation';
import { createMemoryStoreByContainer } from '../cosmos/memory-store-by-container';
import type { OperationsGateway } from './port';

/** The known operations in memory. */
export function createMemoryOperations(): OperationsGateway {
  return createMemoryStoreByContainer<KnownOperations>();
}
