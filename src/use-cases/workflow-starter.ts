/** Starts the workflows of runs and watches, and asks for their state. @throws AppError workflow-unavailable */
export interface WorkflowStarter {
  /** Idempotent by id: an instance that exists already answers `exists`. */
  schedule(name: string, instanceId: string, input: object): Promise<'scheduled' | 'exists'>;
  raiseEvent(instanceId: string, name: string, payload: object): Promise<void>;
  /** Forgets an instance that has ended. What is unknown is gone already. */
  purge(instanceId: string): Promise<void>;
  /** `stalled`: the engine will not go on until its body limit is raised. */
  status(instanceId: string): Promise<WorkflowStatus>;
  close(): void;
}

export type WorkflowStatus = 'unknown' | 'active' | 'ended' | 'stalled';
