/** Who asks, and how that is known. */
export interface Caller {
  /** As the audit trail shows it: 1 to 128 printable characters. */
  readonly name: string;
  /** `claimed`: the caller says so, and nobody checked it. */
  readonly how: 'claimed';
}
