/**
 * What an indexing policy says about a path: an ORDER BY needs its index on the service, so it is refused here too.
 *
 * X1 Of several patterns that match, the more precise decides: more names first, then `/?` before `/*`.
 * X2 `id` and `_ts` are always indexed in consistent mode; nothing is with mode `none`.
 * Source: "Indexing policies in Azure Cosmos DB" (include/exclude precedence, system properties, indexing modes).
 */
import { parsePropertyPath } from './property-path';
import { CosmosError, unsupported } from './protocol';
import { isArray, isObject, type Json, type JsonObject } from './sql/values';

interface Pattern {
  readonly keys: readonly string[];
  /** `/*`: everything below as well; else `/?`, the value itself. */
  readonly isDeep: boolean;
  readonly isIncluded: boolean;
}

export const DEFAULT_INDEXING: JsonObject = {
  indexingMode: 'consistent',
  automatic: true,
  includedPaths: [{ path: '/*' }],
  excludedPaths: [{ path: '/"_etag"/?' }],
};

/** The policy with the service's defaults filled in. @throws CosmosError 400 */
export function parseIndexingPolicy(policy: Json | undefined): JsonObject {
  if (policy === undefined || policy === null) return DEFAULT_INDEXING;
  if (!isObject(policy)) throw new CosmosError(400, 'indexingPolicy is a JSON object.');
  for (const name of ['vectorIndexes', 'fullTextIndexes', 'spatialIndexes']) {
    const given = policy[name];
    if (isArray(given) && given.length > 0) throw unsupported(`${name} of an indexing policy`);
  }
  const mode = typeof policy.indexingMode === 'string' ? policy.indexingMode.toLowerCase() : 'consistent';
  if (mode !== 'consistent' && mode !== 'none')
    throw unsupported(`the indexing mode ${JSON.stringify(policy.indexingMode)}`);
  if (policy.automatic === false && mode !== 'none') throw unsupported('automatic: false of an indexing policy');
  const filled = { ...policy, indexingMode: mode, automatic: policy.automatic ?? true };
  if (mode === 'none') return filled;
  const isSilent = [policy.includedPaths, policy.excludedPaths].every((list) => !isArray(list) || list.length === 0);
  const complete = isSilent ? { ...filled, ...pathsOf(DEFAULT_INDEXING) } : { ...filled, ...pathsOf(policy) };
  const patterns = patternsOf(complete);
  if (!patterns.some(({ keys, isDeep }) => keys.length === 0 && isDeep)) {
    throw new CosmosError(
      400,
      "The special mandatory indexing path '/*' is not provided in any of the path type sets. Please provide this path in one of the sets.",
    );
  }
  return complete;
}

const pathsOf = ({ includedPaths, excludedPaths }: JsonObject) => ({
  includedPaths: includedPaths ?? [],
  excludedPaths: excludedPaths ?? [],
});

/** Whether documents can be ordered by a path (X1, X2). */
export function isIndexed(policy: Json | undefined, keys: readonly string[]): boolean {
  if (!isObject(policy)) return true;
  if (policy.indexingMode === 'none') return false;
  if (keys.length === 1 && (keys[0] === 'id' || keys[0] === '_ts')) return true;
  const matching = patternsOf(policy).filter(
    (pattern) =>
      pattern.keys.every((key, index) => key === keys[index]) &&
      (pattern.isDeep || pattern.keys.length === keys.length),
  );
  const precision = (pattern: Pattern) => 2 * pattern.keys.length + (pattern.isDeep ? 0 : 1);
  const [best] = matching.sort((left, right) => precision(right) - precision(left));
  return best?.isIncluded ?? false;
}

/** @throws CosmosError 400 */
function patternsOf(policy: JsonObject): Pattern[] {
  const read = (list: Json | undefined, isIncluded: boolean): Pattern[] => {
    if (list === undefined || list === null) return [];
    if (!isArray(list)) throw new CosmosError(400, 'The paths of an indexing policy are a list.');
    return list.map((entry) => {
      const path = isObject(entry) ? entry.path : undefined;
      if (typeof path !== 'string') throw new CosmosError(400, 'A path of an indexing policy is {"path": "/name/?"}.');
      return patternOf(path, isIncluded);
    });
  };
  return [...read(policy.includedPaths, true), ...read(policy.excludedPaths, false)];
}

function patternOf(path: string, isIncluded: boolean): Pattern {
  const isDeep = path.endsWith('/*');
  if (!isDeep && !path.endsWith('/?')) {
    throw new CosmosError(
      400,
      `The indexing path ${JSON.stringify(path.slice(0, 100))} could not be accepted: it ends in /? or /*.`,
    );
  }
  const stem = path.slice(0, -2);
  return { keys: stem === '' ? [] : parsePropertyPath(stem), isDeep, isIncluded };
}
