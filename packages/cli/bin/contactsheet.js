#!/usr/bin/env node
// A checkout runs what the compiler wrote; the package holds one file instead, made when it is packed (bundle.mjs).
// This file is there before either, so that npm can link the command when it installs.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const compiled = join(__dirname, '..', 'dist', 'main.js');
const bundled = join(__dirname, '..', 'bundle', 'main.js');
const program = [compiled, bundled].find(existsSync);
if (program === undefined) {
  process.stderr.write('The command line is not built.\nRun `npm run build` in the checkout first.\n');
  process.exitCode = 1;
} else {
  require(program);
}
