// The app around a blob gateway that ends the process when it reads an image named `poison`.
const { resolve } = require('node:path');
const dist = resolve(__dirname, '../../../dist');
const { startApp } = require(`${dist}/app.js`);
const { readConfig } = require(`${dist}/config.js`);

const deadly = (blobs) => ({
  ...blobs,
  download: (container, blob, options) =>
    blob.name.includes('poison') ? process.abort() : blobs.download(container, blob, options),
});

startApp(readConfig(process.env), { blobs: deadly }).then(({ stop }) => {
  const end = () => stop().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
});
