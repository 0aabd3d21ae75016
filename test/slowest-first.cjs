const Sequencer = require('@jest/test-sequencer').default;

/**
 * Starts the files that take longest first, so that all workers end at about the same time. Jest knows how long a file
 * took only where it has run before; a fresh checkout has this list, in the order of a run on two cores.
 */
const SLOWEST = [
  'http/cli/commanding',
  'http/cli/reading',
  'http/fuzz/fuzz',
  'unit/domain/quota',
  'http/cli/following',
  'contract/pubsub/pubsub',
  'replay/window',
  'unit/local-vision/labelled-pictures',
  'unit/pipeline/chunk-model',
  'http/generated-clients',
  'integration/faults/stated-reasons',
  'chaos/kill-matrix',
  'integration/survival/survival',
  'integration/replicas/three-replicas',
  'chaos/cap-under-kills',
  'integration/control/control',
  'integration/engine/five-thousand',
  'integration/command-line/command-line',
  'integration/faults/vision-faults',
  'integration/durable-client/durable-client',
  'chaos/delivered-twice',
  'integration/faults/cosmos-faults',
  'integration/poison/poison',
  'integration/engine/retention',
  'integration/replicas/two-replicas',
  'chaos/soak',
  'integration/control/stop-means-stop',
  'integration/main-job/changes',
  'integration/outside/outside',
  'integration/quota/every-door',
  'integration/main-job/footprint',
  'integration/load/many-runs',
  'integration/names/names',
  'integration/load/starts-at-once',
  'integration/control/approval',
  'integration/watch/watch',
  'integration/packaging/packaging',
  'integration/control/pause-and-resume',
  'integration/engine/second-run-while-restarting',
  'integration/run-records/run-records',
  'integration/faults/blob-faults',
  'integration/quota/sample',
  'integration/launcher/stack',
  'integration/quota/caps',
  'integration/launcher/npm',
  'integration/load/fuzz',
  'integration/main-job/features',
  'integration/main-job/smart-crops',
  'integration/pubsub/poison',
  'integration/main-job/sample-pictures',
  'integration/upgrade/upgrade',
  // Of the last level: no two that measure beside each other.
  'integration/quota/quota',
  'browser/pages-elsewhere',
  'integration/replicas/rate-of-three',
  'browser/local-services',
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
