/**
 * Reads the JSON of an answer into plain data that a schema can check.
 *
 * I1 Refuses a body with a key `__proto__`, which no Vision sends and which only an attack needs.
 * I2 A member that is null is absent: the services write null for what they have nothing to say about.
 */
export function readResponseBody(text: string): { readonly value: unknown } | { readonly problem: string } {
  if (/"__proto__"\s*:/.test(text)) return { problem: 'the answer carries a forbidden key' }; // I1
  try {
    return { value: withoutNulls(JSON.parse(text)) };
  } catch {
    return { problem: 'the answer is not JSON' };
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNulls(member)]),
  );
}
