/** Size of the largest picture in an icon, as its directory says; 0 in the directory means 256. */
export function readIconSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  if (bytes.length < 22) return undefined;
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint16(4, true);
  let best: { width: number; height: number } | undefined;
  for (let at = 6; at < 6 + count * 16 && at + 16 <= bytes.length; at += 16) {
    const [width, height] = [bytes[at] || 256, bytes[at + 1] || 256];
    if (best === undefined || width * height > best.width * best.height) best = { width, height };
  }
  return best;
}
