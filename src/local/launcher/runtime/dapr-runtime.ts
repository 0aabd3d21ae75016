/** The three programs of Dapr that a stack runs. */
export interface DaprRuntime {
  readonly daprd: string;
  readonly placement: string;
  readonly scheduler: string;
  readonly version: string;
}

export const PROGRAMS = ['daprd', 'placement', 'scheduler'] as const;
