/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFiles: ['<rootDir>/test/support/quiet-sdk.ts'],
  // Two workers: each whole-run suite starts an engine of its own with two Lambda threads.
  maxWorkers: 2,
  // A worker keeps what its suites have loaded; grown to this, it is made anew, or the last of them run in a full heap.
  workerIdleMemoryLimit: '512MB',
  testTimeout: 60_000,
};
