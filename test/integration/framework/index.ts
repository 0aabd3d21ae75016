export { eventually, type Patience } from './eventually';
export { logTails, withLogs } from './log-tails';
export { startTestStack, type TestStack, type TestStackOptions } from './test-stack';
