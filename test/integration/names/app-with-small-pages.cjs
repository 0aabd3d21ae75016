// The app with pages of six images and chunks of two: what a large container does with its bounds, a small one does here.
const { resolve } = require('node:path');
const dist = resolve(__dirname, '../../../dist');
const { startApp } = require(`${dist}/app.js`);
const { readConfig } = require(`${dist}/config.js`);

startApp(readConfig(process.env), { sizes: { page: 6, chunk: 2 } }).then(({ stop }) => {
  const end = () => stop().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
});
