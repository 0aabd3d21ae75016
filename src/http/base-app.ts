import express, { type Express } from 'express';

/** An Express app as both listeners want it. */
export function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  // Answers are never cached (Cache-Control: no-store), so a hash of each body would be work for nobody.
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  return app;
}
