/**
 * Characters that stand in no blob name: the service answers 400, or cannot list what bears them. "Control characters (0x00
 * to 0x1F, \\u0081, etc.) are also not allowed", says "Naming and Referencing Containers, Blobs, and Metadata". Tab, line
 * feed and carriage return are left out here: an XML listing can carry them, and Azurite has names with them. Half of a
 * surrogate pair is not text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\p{Surrogate}/u;

/** The first character of a name, or of the beginning of one, that no blob name has: `U+0001`. */
export function impossibleCharacter(text: string): string | undefined {
  const code = IMPOSSIBLE.exec(text)?.[0].codePointAt(0);
  return code === undefined ? undefined : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
