/** One configuration, one project a level, so that `--selectProjects unit` runs a level alone. */
const base = {
  testEnvironment: '<rootDir>/test/end-with-jest.cjs',
  transform: {
    // These are written as ES modules only, which Jest cannot load as they are.
    '^.+\\.ts$|/node_modules/(jose|oauth4webapi)/.+\\.js$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(jose|oauth4webapi)/)'],
  // Tests run the sources: what one package imports of another leads there too (tsconfig.json says the same).
  moduleNameMapper: {
    '^contactsheet/contract$': '<rootDir>/src/contract/index.ts',
    '^contactsheet/setup$': '<rootDir>/src/setup.ts',
    '^@contactsheet/([a-z-]+)$': '<rootDir>/packages/$1/src/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/packages/[a-z-]+/dist'],
};
/** These talk to the API: every answer is held against the contract. */
const ASKING = ['http', 'integration', 'chaos', 'cluster'];
const level = (name) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...(ASKING.includes(name) && { setupFilesAfterEnv: ['<rootDir>/test/answers/hold-to-contract.ts'] }),
});
module.exports = {
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/slowest-first.cjs',
  testTimeout: 120_000,
  projects: ['unit', 'replay', 'contract', 'http', 'api-server', 'integration', 'chaos', 'browser', 'cluster'].map(
    level,
  ),
};
