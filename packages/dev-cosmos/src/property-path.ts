/**
 * Property paths as containers name them: `/key`, `/address/city`, `/"a key / with anything"`.
 *
 * Source: "Indexing policies in Azure Cosmos DB" (paths with special characters are quoted). Paths are walked in JavaScript
 * and never become part of a statement.
 */
import { CosmosError } from './protocol';

const SEGMENT = /\/(?:"((?:[^"\\]|\\.)*)"|([^/"][^/]*))/y;

/** Service limit of names; no real path comes near it. */
const MAX_PATH_CHARACTERS = 1024;

/** The property names of a path, unquoted. @throws CosmosError 400 */
export function parsePropertyPath(path: string): string[] {
  const keys: string[] = [];
  SEGMENT.lastIndex = 0;
  while (SEGMENT.lastIndex < path.length) {
    const match = SEGMENT.exec(path);
    if (match === null) break;
    keys.push(match[1] === undefined ? (match[2] ?? '') : match[1].replace(/\\(.)/gs, '$1'));
    if (SEGMENT.lastIndex === path.length) {
      if (path.length <= MAX_PATH_CHARACTERS) return keys;
      break;
    }
  }
  SEGMENT.lastIndex = 0;
  throw new CosmosError(400, `The path ${JSON.stringify(path.slice(0, 100))} is no property path such as /key.`);
}
