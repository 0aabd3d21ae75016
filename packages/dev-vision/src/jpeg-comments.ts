/** The parts of a JPEG without the COM segments before its first scan (ITU-T T.81, B.2.4.5): they hold no pixels. */
export function withoutComments(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let kept = 0;
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== START_OF_SCAN) {
    const end = at + 2 + view.getUint16(at + 2);
    if (bytes[at + 1] === COMMENT) {
      parts.push(bytes.subarray(kept, at));
      kept = Math.min(end, bytes.length);
    }
    at = end;
  }
  parts.push(bytes.subarray(kept));
  return parts;
}

/** A JPEG with a comment: other bytes, the same picture. */
export function withComment(jpeg: Uint8Array, comment: string): Uint8Array {
  const text = Buffer.from(comment);
  const segment = Buffer.alloc(4 + text.length);
  segment.writeUInt16BE(0xff00 | COMMENT, 0);
  segment.writeUInt16BE(2 + text.length, 2);
  text.copy(segment, 4);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

const COMMENT = 0xfe;
const START_OF_SCAN = 0xda;
