const NodeEnvironment = require('jest-environment-node').default;

/** A worker that has lost Jest ends at once, and with it the stacks that it has started (`startGuardian`). */
function endWithJest() {
  process.exit(1);
}

/**
 * Node's environment, in a worker that does not outlive Jest. Without this, a worker plays its file to the end when Jest is
 * killed or interrupted by its process id. It stands here because test files see a copy of `process`.
 */
module.exports = class EndWithJest extends NodeEnvironment {
  async setup() {
    await super.setup();
    if (process.send) process.once('disconnect', endWithJest);
  }

  async teardown() {
    process.off('disconnect', endWithJest);
    await super.teardown();
  }
};
