/**
 * Loaded into Azurite before itself (`node --require`): without it Azurite writes its whole index every 5 s, however
 * little has changed, and stands still meanwhile: a fifth of its time with 100,000 blobs, and more with more.
 *
 * I1 Saving by itself takes at most a twentieth of the time: the more a save costs, the later the next one. A kill makes
 *    Azurite forget what came since the last one.
 * I2 An index that costs little (up to some 20,000 blobs) is saved every 5 s as ever.
 * I3 Ended in order (SIGTERM) it saves what has changed, however short ago the last save was.
 *
 * Source: azurite 3.35 `LokiBlobMetadataStore`; lokijs 1.5 `autosaveEnable`, `saveDatabaseInternal`, `close`.
 */
const TIMES_WHAT_IT_COST = 20;

interface Loki {
  /** Its timer, which asks every 5 s, passes while this is set; `close` does not ask (I3). */
  ignoreAutosave?: boolean;
  saveDatabaseInternal(callback?: (error?: unknown) => void): void;
}

const { prototype } = require('lokijs') as { readonly prototype: Loki };
const { saveDatabaseInternal } = prototype;

prototype.saveDatabaseInternal = function andThenPause(this: Loki, callback) {
  // Time of the processor, which neither a stopped process nor a busy machine makes longer.
  const before = process.cpuUsage();
  saveDatabaseInternal.call(this, callback);
  const { user, system } = process.cpuUsage(before);
  this.ignoreAutosave = true;
  setTimeout(() => (this.ignoreAutosave = false), (TIMES_WHAT_IT_COST * (user + system)) / 1000).unref();
};
