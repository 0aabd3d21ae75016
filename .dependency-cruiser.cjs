/**
 * Who may import whom, each rule with its reason: `npm run verify` and test/unit/architecture run it.
 * Arrows lead inward only: app -> wiring -> shells (http, dapr) -> use cases -> pipeline, actors -> gateways -> domain.
 */
const ROOMS = 'actors|contract|dapr|domain|gateways|http|jobs|pipeline|telemetry|use-cases|wiring|workflows';

/** A room may import itself and what `allowed` names, and no other room. */
const room = (name, allowed, comment) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment,
  from: { path: `^src/${name}/` },
  to: {
    path: `^src/(${ROOMS}|app|config|setup)(/|\\.ts$)`,
    pathNot: `^src/(${[name, ...allowed].join('|')})(/|\\.ts$)`,
  },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      severity: 'error',
      comment: 'Files that import each other can only be read, tested and moved together.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'src/domain holds decisions: no Dapr, Azure, clock, random or I/O. Pass what you need as an argument.',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/(domain/|names\\.ts$)|^node_modules/uuid/' },
    },
    {
      name: 'names-and-deadline-import-nothing',
      severity: 'error',
      comment: 'Every room may import the wire names and the deadline.',
      from: { path: '^src/(names|deadline)\\.ts$' },
      to: {},
    },
    {
      name: 'contract-runs-anywhere',
      severity: 'error',
      comment: 'A browser and the command line load the contract: no Node, no Express, nothing of the server.',
      from: { path: '^src/contract/' },
      to: {
        pathNot: '^src/(contract/|domain/|names\\.ts$)|^node_modules/zod/',
      },
    },
    room('gateways', ['domain'], 'A gateway speaks to one service. It does not know what asks it.'),
    room('actors', ['domain', 'gateways'], 'Actors keep state by the rules of the domain. They do not know who asks.'),
    room('pipeline', ['domain', 'gateways', 'actors'], 'The work on a chunk does not know the engine or the API.'),
    room(
      'use-cases',
      ['domain', 'gateways', 'actors', 'pipeline', 'contract'],
      'A use case is what a person asks for. HTTP and Dapr are only ways to ask.',
    ),
    room('telemetry', ['domain'], 'Logs, metrics and traces are told what happened. They ask nobody.'),
    room('jobs', ['domain', 'use-cases'], 'What runs by the clock asks use cases, as people do.'),
    room(
      'http',
      ['domain', 'contract', 'use-cases'],
      'HTTP binds, listens and answers problems. The work is elsewhere.',
    ),
    room(
      'workflows',
      ['domain', 'use-cases', 'pipeline', 'actors', 'gateways'],
      'Stories import steps; activities import what does the work. Nobody of the shells is known here.',
    ),
    {
      name: 'stories-tell-only',
      severity: 'error',
      comment:
        'A workflow file holds only the story: import the domain, the steps and workflows/sdk; effects live in activities.',
      from: { path: '^src/workflows/[^/]+\\.ts$', pathNot: '^src/workflows/register\\.ts$' },
      to: { pathNot: '^src/(domain/|names\\.ts$|workflows/(sdk/|steps\\.ts$|analyze-[a-z]+\\.ts$))' },
    },
    room('dapr', ['domain', 'actors', 'workflows', 'gateways', 'use-cases'], 'The engine hosts workflows and actors.'),
    {
      name: 'only-app-wires',
      severity: 'error',
      comment:
        'src/app.ts, the other programs and src/wiring are the composition root: what they import needs no knowledge of them.',
      from: { path: '^src/', pathNot: '^src/(app|setup|schema-job|azure-check)\\.ts$|^src/wiring/' },
      to: { path: '^src/(app\\.ts|wiring/)' },
    },
    {
      name: 'product-knows-no-stand-in',
      severity: 'error',
      comment: 'src is the product. What stands around it on a laptop lives in packages.',
      from: { path: '^src/' },
      to: { path: '^packages/' },
    },
    {
      name: 'packages-use-the-front-door',
      severity: 'error',
      comment: 'Import contactsheet/contract or contactsheet/setup: packages are installed without our sources.',
      from: { path: '^packages/' },
      to: { path: '^src/' },
    },
    {
      name: 'stand-ins-stand-alone',
      severity: 'error',
      comment: 'A stand-in that shares code with the product would hide the faults of both.',
      from: { path: '^packages/(dev-cosmos|dev-vision|pubsub-storage-queues)/' },
      to: { path: '^(src|dist|packages)/', pathNot: '^packages/$1/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default'],
    },
  },
};
