export { type StepAnswer, answerTo } from './answer';
export { call } from './call';
export { type ActivityRef, activityRef, defineWorkflow, type Step, type WorkflowDefinition } from './definition';
export { type Generation, GenerationFull, StepFailed } from './generation';
export { waitFor } from './wait-for';
export { window } from './window';
