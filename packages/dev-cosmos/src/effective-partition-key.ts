/**
 * Where a partition key lies among all of them: the hash that clients name parts of a container by (feed ranges).
 *
 * Source: "PartitionKeyDefinition version 2" as the public clients compute it: MurmurHash3 x64 128 over the typed bytes of the
 * value, byte-reversed, with its two highest bits cleared; upper-case hexadecimal, compared as text.
 */
import type { PartitionKey } from './partition-key';
import type { Json } from './sql/values';

const MASK = 0xffff_ffff_ffff_ffffn;
const C1 = 0x87c3_7b91_1142_53d5n;
const C2 = 0x4cf5_ad43_2745_937fn;
const BLOCK_BYTES = 16;

/** The types of a key, by their first byte. */
const TYPE = { none: 0x00, null: 0x01, false: 0x02, true: 0x03, number: 0x05, string: 0x08, end: 0xff } as const;

/** 32 hexadecimal digits. */
export function effectivePartitionKey(key: PartitionKey): string {
  const [low, high] = murmur128(bytesOf(JSON.parse(key) as Json));
  const hash = Buffer.alloc(BLOCK_BYTES);
  hash.writeBigUInt64BE(high, 0);
  hash.writeBigUInt64BE(low, 8);
  hash[0] = (hash[0] ?? 0) & 0x3f;
  return hash.toString('hex').toUpperCase();
}

function bytesOf(value: Json): Buffer {
  if (typeof value === 'string') {
    return Buffer.concat([Buffer.from([TYPE.string]), Buffer.from(value), Buffer.from([TYPE.end])]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes[0] = TYPE.number;
    bytes.writeDoubleLE(value, 1);
    return bytes;
  }
  if (typeof value === 'boolean') return Buffer.from([value ? TYPE.true : TYPE.false]);
  return Buffer.from([value === null ? TYPE.null : TYPE.none]);
}

/** MurmurHash3_x64_128 with seed 0, both halves. */
function murmur128(bytes: Buffer): [bigint, bigint] {
  let h1 = 0n;
  let h2 = 0n;
  const blocks = Math.floor(bytes.length / BLOCK_BYTES);
  for (let block = 0; block < blocks; block += 1) {
    h1 ^= mixed(bytes.readBigUInt64LE(block * BLOCK_BYTES), C1, 31n, C2);
    h1 = (rotate(h1, 27n) + h2) & MASK;
    h1 = (h1 * 5n + 0x52dc_e729n) & MASK;
    h2 ^= mixed(bytes.readBigUInt64LE(block * BLOCK_BYTES + 8), C2, 33n, C1);
    h2 = (rotate(h2, 31n) + h1) & MASK;
    h2 = (h2 * 5n + 0x3849_5ab5n) & MASK;
  }
  // What is left counts as a block filled with zeros, without the steps between blocks.
  const tail = Buffer.alloc(BLOCK_BYTES);
  bytes.copy(tail, 0, blocks * BLOCK_BYTES);
  h2 ^= mixed(tail.readBigUInt64LE(8), C2, 33n, C1);
  h1 ^= mixed(tail.readBigUInt64LE(0), C1, 31n, C2);

  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = finished(h1);
  h2 = finished(h2);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  return [h1, h2];
}

const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & MASK;

const mixed = (value: bigint, first: bigint, by: bigint, second: bigint): bigint =>
  (rotate((value * first) & MASK, by) * second) & MASK;

function finished(value: bigint): bigint {
  let mix = value ^ (value >> 33n);
  mix = (mix * 0xff51_afd7_ed55_8ccdn) & MASK;
  mix ^= mix >> 33n;
  mix = (mix * 0xc4ce_b9fe_1a85_ec53n) & MASK;
  return mix ^ (mix >> 33n);
}
