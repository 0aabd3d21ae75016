import type { StoredSize } from './stored-size';

/**
 * Finds the frame header of a JPEG by walking its segments (ITU-T T.81, annex B; JPEG-LS in T.87).
 *
 * A walk jumps over segments, so colour profiles and previews of megabytes cost nothing. Where a segment does not begin
 * with a marker it goes on at the next one, as libjpeg does, which most readers are made of: such files are seen as
 * pictures everywhere.
 */

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const JPEG_LS_FRAME = 0xf7;
/** SOF0..SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the range. */
const isStartOfFrame = (marker: number): boolean =>
  marker === JPEG_LS_FRAME ||
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);
/** TEM, RST0..RST7 and a second SOI stand alone, without a length; 00 is no marker at all. */
const standsAlone = (marker: number): boolean =>
  marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** `cut` when the picture data begins, or the bytes end, before any frame header. */
export function readJpegSize(bytes: Uint8Array): StoredSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff) {
      at = bytes.indexOf(0xff, at);
      if (at < 0) return 'cut';
    } else if (marker === 0xff)
      at += 1; // fill bytes may precede any marker
    else if (standsAlone(marker)) at += 2;
    else if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return 'cut';
    else if (isStartOfFrame(marker)) return at + 9 <= bytes.length ? frameSize(view, at) : 'cut';
    else at += 2 + Math.max(2, view.getUint16(at + 2)); // a length counts its own two bytes, also where it denies it
  }
  return 'cut';
}

/** A height of 0 is told by a DNL segment behind the first scan (B.2.5). */
function frameSize(view: DataView, at: number): StoredSize {
  const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
  return height === 0 && width > 0 ? 'unknown' : { width, height };
}
