export { call } from './call';
export { type ActivityRef, type Step, type WorkflowDefinition, activityRef, defineWorkflow } from './definition';
export { type Generation, GenerationFull, StepFailed } from './generation';
export { window } from './window';
