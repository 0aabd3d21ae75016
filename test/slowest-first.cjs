const Sequencer = require('@jest/test-sequencer').default;

/**
 * Starts the files that take longest first, so that both workers end at about the same time. Jest knows how long a file
 * took only where it has run before; a fresh checkout has this list, in the order of a run on two cores.
 */
const SLOWEST = [
  'replay/window',
  'unit/domain/quota',
  'http/fuzz/fuzz',
  'http/cli/commanding',
  'unit/pipeline/chunk-model',
  'integration/survival/survival',
  'integration/command-line/command-line',
  'integration/faults/vision-faults',
  'integration/engine/five-thousand',
  'chaos/kill-matrix',
  'chaos/soak',
  'chaos/cap-under-kills',
  'integration/faults/stated-reasons',
  'integration/replicas/three-replicas',
  'integration/control/pause-and-resume',
  'integration/poison/poison',
  'integration/main-job/footprint',
  'integration/replicas/two-replicas',
  'integration/replicas/rate-of-three',
  'integration/control/control',
  'integration/durable-client/durable-client',
  'integration/engine/retention',
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
