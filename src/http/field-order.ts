import { type core, type ZodObject, z } from 'zod';

/**
 * The value with the fields of every object in the order of its schema, and the names of every record in that of their
 * kind: a state store turns them about each time. What the schema does not know of a nested object follows.
 */
export function inOrder(value: unknown, schema: core.$ZodType | undefined): unknown {
  if (isWrapper(schema)) return inOrder(value, schema.unwrap());
  if (typeof value !== 'object' || value === null) return value;
  if (schema instanceof z.ZodObject) return arranged(value, Object.keys(schema.shape), (name) => schema.shape[name]);
  if (schema instanceof z.ZodRecord) return arranged(value, namesOf(schema, value), () => schema.valueType);
  if (schema instanceof z.ZodArray && Array.isArray(value)) return value.map((item) => inOrder(item, schema.element));
  return value;
}

function isWrapper(schema: core.$ZodType | undefined): schema is z.ZodOptional | z.ZodNullable | z.ZodReadonly {
  return [z.ZodOptional, z.ZodExactOptional, z.ZodNullable, z.ZodReadonly].some((kind) => schema instanceof kind);
}

function namesOf({ keyType }: z.ZodRecord, value: object): readonly string[] {
  return keyType instanceof z.ZodEnum ? keyType.options.map(String) : Object.keys(value).sort();
}

function arranged(value: object, names: readonly string[], schemaOf: (name: string) => core.$ZodType | undefined) {
  const fields = new Map(Object.entries(value));
  const known = names.filter((name) => fields.has(name));
  const unknown = [...fields.keys()].filter((name) => !known.includes(name));
  return Object.fromEntries([...known, ...unknown].map((name) => [name, inOrder(fields.get(name), schemaOf(name))]));
}

/** The fields that a schema knows, in its order at every depth, and no others: a store adds its own. */
export function onlyFields<T extends object>(value: T, schema: ZodObject): T {
  const known = Object.entries(schema.shape).filter(([key]) => Object.hasOwn(value, key));
  return Object.fromEntries(known.map(([key, field]) => [key, inOrder(value[key as keyof T], field)])) as T;
}
