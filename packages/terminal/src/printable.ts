/**
 * Text of others (blob names, captions, reasons) as one harmless line: escape sequences go as a whole, other control
 * characters go, breaks and tabs become spaces, and so does what turns the direction of writing around.
 */
const [BEL, ESC, CSI, ST, OSC] = [0x07, 0x1b, 0x9b, 0x9c, 0x9d].map((code) => String.fromCharCode(code));
/** Device control, privacy message, application program command, start of string: all end with ST. */
const OTHER_STRINGS = String.fromCharCode(0x90, 0x98, 0x9e, 0x9f);

const ESCAPE_SEQUENCES = new RegExp(
  [
    `(?:${ESC}\\]|${OSC})[^${BEL}${ESC}${ST}]*(?:${BEL}|${ESC}\\\\|${ST})?`,
    `(?:${ESC}[P^_X]|[${OTHER_STRINGS}])[^${ESC}${ST}]*(?:${ESC}\\\\|${ST})?`,
    `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join('|'),
  'g',
);
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const UNSEEN = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

export function printable(text: string): string {
  return text.replace(BREAKS, ' ').replace(ESCAPE_SEQUENCES, '').replace(UNSEEN, '');
}
