/** One configuration, one project a level, so that `--selectProjects unit` runs a level alone. */
const base = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
};
const level = (name) => ({ ...base, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`] });
module.exports = {
  maxWorkers: 2,
  testTimeout: 120_000,
  projects: ['unit', 'replay', 'contract', 'http', 'integration', 'chaos'].map(level),
};
