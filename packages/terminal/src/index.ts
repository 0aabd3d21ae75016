/** What launcher and command line share about the screen. */
export { pairLines } from './pairs';
export { printable } from './printable';
export { type Column, createTable, type Table, tableLines } from './table';
export { createTerminal, type Screen, type Terminal, widthOf } from './terminal';
export { cut, displayWidth, isAddress, padEnd, padStart, wrap } from './width';
