const Sequencer = require('@jest/test-sequencer').default;

/**
 * Starts the files that take longest first, so that both workers end at about the same time. Jest knows how long a file
 * took only where it has run before; a fresh checkout has this list, in the order of a run on two cores.
 */
const SLOWEST = [
  'http/cli/commanding',
  'http/cli/reading',
  'http/fuzz/fuzz',
  'unit/domain/quota',
  'http/cli/following',
  'unit/pipeline/chunk-model',
  'replay/window',
  'integration/faults/stated-reasons',
  'integration/survival/survival',
  'integration/faults/vision-faults',
  'chaos/cap-under-kills',
  'chaos/kill-matrix',
  'integration/replicas/three-replicas',
  'integration/engine/five-thousand',
  'integration/command-line/command-line',
  'integration/control/control',
  'chaos/delivered-twice',
  'integration/engine/retention',
  'integration/poison/poison',
  'integration/load/starts-at-once',
  'integration/faults/cosmos-faults',
  'integration/durable-client/durable-client',
  'integration/control/pause-and-resume',
  'integration/replicas/two-replicas',
  'chaos/soak',
  'integration/quota/every-door',
  'integration/packaging/packaging',
  'integration/main-job/footprint',
  'integration/run-records/run-records',
  'integration/faults/blob-faults',
  'integration/control/approval',
  'integration/main-job/features',
  'integration/watch/watch',
  'integration/replicas/rate-of-three',
  'integration/quota/quota',
];

module.exports = class SlowestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = SLOWEST.findIndex((name) => path.includes(`/test/${name}.test.`));
      return at < 0 ? SLOWEST.length : at;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b)); // a stable sort: the rest keeps Jest's order
  }
};
