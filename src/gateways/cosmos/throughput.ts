/**
 * What is asked for when the database is made. `shared`: its containers share so many RU/s; `autoscale`: they share what
 * Cosmos DB sets between a tenth of it and all of it; `each`: every container has so many of its own.
 */
export interface CosmosThroughput {
  readonly kind: 'shared' | 'autoscale' | 'each';
  readonly ruPerSecond: number;
}
