/** The start of a GIF with a size and a content of its own: all that is read before Vision is. */
export function picture(content: string, width = 64, height = 64): Uint8Array {
  const head = Buffer.from('GIF89a\0\0\0\0', 'latin1');
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  return Uint8Array.from(Buffer.concat([head, Buffer.from(content)]));
}
