/**
 * `Name=Value;Name=Value;`, as Azure writes it. A value may hold `=`: keys end in it.
 *
 * I1 Names are compared without case, as the SDK for .NET does and that for JavaScript does not.
 * I2 No fault repeats a value or a name that was not expected: either may be a secret.
 */
export interface ConnectionString {
  /** By the name in lower case. */
  readonly values: ReadonlyMap<string, string>;
  /** What is wrong with its form, each in words that follow "it": `has AccountKey twice`. */
  readonly faults: readonly string[];
}

/** @param known the names that it may have */
export function readConnectionString(text: string, known: readonly string[]): ConnectionString {
  const names = new Map(known.map((name) => [name.toLowerCase(), name]));
  const values = new Map<string, string>();
  const faults: string[] = [];
  const parts = text.split(';').map((part) => part.trim());
  for (const [index, part] of parts.entries()) {
    if (part === '') continue;
    const cut = part.indexOf('=');
    const name = part.slice(0, Math.max(0, cut)).trim().toLowerCase();
    const place = `part ${index + 1}`;
    if (cut < 0) faults.push(`has no "=" in its ${place}`);
    else if (!names.has(name)) faults.push(`has an unknown name in its ${place}`);
    else if (values.has(name)) faults.push(`has ${names.get(name)} twice`);
    else values.set(name, part.slice(cut + 1).trim());
  }
  return { values, faults };
}

/** Bytes of a text in base64; undefined when it is none. */
export function base64Bytes(text: string): number | undefined {
  const isBase64 = text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64').length : undefined;
}

/** Storage and Cosmos accounts have keys of 512 bits ("Manage storage account access keys"); stand-ins have others. */
const KEY_BYTES = 64;

/** What is wrong with the key of an account, in words that follow its name; undefined: nothing. */
export function faultOfKey(key: string, isAzure: boolean): string | undefined {
  const bytes = base64Bytes(key);
  if (bytes === undefined) return 'is not base64';
  if (isAzure && bytes !== KEY_BYTES) return `has ${bytes} bytes, and keys of Azure have ${KEY_BYTES}`;
  return undefined;
}
